"""The record of what people and programs changed through the pages and the API."""

from collections.abc import Sequence

import msgspec

from quaero.store.transaction import Reader, Transaction


class Act(msgspec.Struct, frozen=True):
    """One change that was asked for. `shown`: by what whoever asked was let in; `code`: of the error, "": it was done.

    `operation` and `path` say what was done to what; nothing of what was sent is kept.
    """

    shown: str
    address: str
    operation: str
    method: str
    path: str
    status: int
    code: str = ""


class RecordedAct(Act, frozen=True, kw_only=True):
    """The same as the store has it. `at`: milliseconds since 1970."""

    id: int
    at: int


class ActPage(msgspec.Struct, frozen=True):
    """One page of the record, newest first, and how many acts there are in all."""

    items: tuple[RecordedAct, ...]
    total: int
    next_cursor: int | None


def record(tx: Transaction, acts: Sequence[Act]) -> None:
    for act in acts:
        tx.rows("add_audit", **msgspec.structs.asdict(act), at=tx.now)


def acts(reader: Reader, limit: int, cursor: int | None) -> ActPage:
    """One page; `cursor`: those before it."""
    rows = reader.rows("list_audit", cursor=cursor, limit=limit + 1)
    found = tuple(
        RecordedAct(shown, address, operation, method, path, status, code, id=id_, at=at)
        for id_, at, shown, address, operation, method, path, status, code in rows[:limit]
    )
    [(total,)] = reader.rows("count_audit", before=None)
    return ActPage(found, total, found[-1].id if len(rows) > limit else None)
