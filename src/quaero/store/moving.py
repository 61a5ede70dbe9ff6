"""Moving a whole store to another database: a copy that can be interrupted, and is compared before anybody uses it.

Rows go in the order of their keys, in chunks; with each chunk the target notes how many rows it has and their hash. Who
goes on after an interruption reads the source from the start and passes over what has arrived, by the same hash. So
whatever arrives in the end is one snapshot of the source; where the source has changed, the move starts over.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Final

import msgspec

from quaero.models.errors import ConflictError, StoreError, UsageError
from quaero.store.check import Finding, check
from quaero.store.database_file import DatabaseFile
from quaero.store.reads import Process, processes
from quaero.store.table_copy import Part, Rows, Source, Target
from quaero.store.tables import TABLES, Table
from quaero.store.transaction import Reader, Row
from quaero.store.transitions.restore import put_back

CHUNK_ROWS: Final = 5_000
CHUNK_BYTES: Final = 4_000_000
"""A chunk that has as many is full."""

_BITS: Final = 256

_encode: Final = msgspec.msgpack.Encoder().encode

Told = Callable[[str, str, int, int], None]
"""Told what is being done ("copied", "compared", "read again"), to which table, how many rows, of how many."""


@dataclass(frozen=True, slots=True)
class MovedTable:
    name: str
    rows: int
    hash: str


@dataclass(frozen=True, slots=True)
class Moved:
    """`returned`: jobs that were in flight and are back in the queue. `replaced`: texts that had zero bytes.

    `started_over`: the source had changed since an interrupted move. `source`, `target`: URLs as people may see them.
    """

    source: str
    target: str
    tables: tuple[MovedTable, ...]
    returned: int
    replaced: int
    started_over: bool
    seconds: float


class _ChangedError(Exception):
    """What has arrived is not what the source holds now."""


class RowHash:
    """The hash of a set of rows: the sum of their own hashes, so that it does not depend on their order.

    Rows are hashed in one form for all databases: their integers, floats, texts, bytes and nulls in MessagePack.
    """

    def __init__(self) -> None:
        self.rows, self._sum = 0, 0

    def add(self, row: Row) -> int:
        """Take one more row in; its size in bytes."""
        encoded = _encode(row)
        self.rows += 1
        self._sum += int.from_bytes(hashlib.sha256(encoded).digest())
        return len(encoded)

    @property
    def part(self) -> Part:
        """The rows so far."""
        return Part(self.rows, f"{self._sum % (1 << _BITS):0{_BITS // 4}x}")


def move(origin: DatabaseFile, destination: DatabaseFile, told: Told = lambda *_: None) -> Moved:
    """Copy everything from one database to another, which is empty or holds what an interrupted move has brought.

    Jobs that were in flight go back to the queue there. The origin stays as it is. `ConflictError` when somebody works
    on one of them, or the target holds anything else; `StoreError` when the source is not sound.
    """
    began = time.monotonic()
    with origin.source() as source:
        reader = source.look()
        _require_rest(source, reader)
        _require_sound(source.name, check(reader))
        with destination.target() as target:
            if target.name == source.name:
                raise UsageError("this is the database itself", where=target.name, remedy="Name another one")
            return _Move(source, target, told).whole(began)


class _Move:
    def __init__(self, source: Source, target: Target, told: Told) -> None:
        self._source, self._target, self._told = source, target, told
        self._replaced = 0

    def whole(self, began: float) -> Moved:
        arrived = self._arrived()
        started_over = False
        try:
            parts = self._copy(arrived)
        except _ChangedError:
            started_over = True
            parts = self._copy(self._start())
        replaced = self._replaced
        self._target.tidy()
        self._compare(parts)
        self._look_again(parts)
        last_ids = {table.name: self._source.last_id(table) for table in TABLES if table.numbered}
        returned = self._target.finish(last_ids, put_back, self._approve)
        tables = tuple(MovedTable(name, part.rows, part.hash) for name, part in parts.items())
        seconds = time.monotonic() - began
        return Moved(self._source.name, self._target.name, tables, returned, replaced, started_over, seconds)

    def _arrived(self) -> dict[str, Part]:
        """What is there already; a store that holds anything of another origin is refused."""
        begun = self._target.begun()
        if begun is None:
            return self._start()
        if begun.source != self._source.name:
            raise ConflictError(
                f"is being filled from {begun.source}",
                where=self._target.name,
                remedy="Name that one with --database, or another target",
            )
        return dict(begun.parts)

    def _start(self) -> dict[str, Part]:
        self._target.begin(self._source.name)
        return {}

    def _copy(self, arrived: dict[str, Part]) -> dict[str, Part]:
        self._replaced = 0
        return {table.name: self._copy_table(table, arrived.get(table.name, Part())) for table in TABLES}

    def _copy_table(self, table: Table, arrived: Part) -> Part:
        total = self._source.count(table)
        whole, before, chunk, size = RowHash(), arrived, list[Row](), 0
        with self._fitting(self._source.rows(table)) as rows:
            for row in rows:
                encoded = whole.add(row)
                if whole.rows <= arrived.rows:
                    if whole.rows == arrived.rows and whole.part != arrived:
                        raise _ChangedError
                    continue
                chunk.append(row)
                size += encoded
                if len(chunk) >= CHUNK_ROWS or size >= CHUNK_BYTES:
                    self._target.add(table, chunk, before, whole.part)
                    before, chunk, size = whole.part, [], 0
                    self._told("copied", table.name, whole.rows, total)
        if whole.rows < arrived.rows:
            raise _ChangedError
        if chunk:
            self._target.add(table, chunk, before, whole.part)
        self._told("copied", table.name, whole.rows, total)
        return whole.part

    def _compare(self, parts: dict[str, Part]) -> None:
        for table in TABLES:
            with closing(self._target.rows(table)) as rows:
                part = self._hash(table, rows, "compared", parts[table.name].rows)
            if part != parts[table.name]:
                raise StoreError(
                    f"the copy of the table {table.name} is not what was copied",
                    where=self._target.name,
                    remedy="Delete this database and move once more",
                )

    def _look_again(self, parts: dict[str, Part]) -> None:
        """Nothing that was stored meanwhile may be missing."""
        self._source.look()
        for table in TABLES:
            with self._fitting(self._source.rows(table)) as rows:
                part = self._hash(table, rows, "read again", parts[table.name].rows)
            if part != parts[table.name]:
                raise ConflictError(
                    f"was changed while it was copied (table {table.name})",
                    where=self._source.name,
                    remedy="End what works on it, then run this again",
                )

    def _hash(self, table: Table, rows: Iterable[Row], doing: str, total: int) -> Part:
        found = RowHash()
        for row in rows:
            found.add(row)
            if found.rows % CHUNK_ROWS == 0:
                self._told(doing, table.name, found.rows, total)
        self._told(doing, table.name, found.rows, total)
        return found.part

    @contextmanager
    def _fitting(self, rows: Rows) -> Iterator[Iterator[Row]]:
        """The rows as the target can hold them."""
        with closing(rows):
            yield rows if self._target.holds_zeros else map(self._without_zeros, rows)

    def _without_zeros(self, row: Row) -> Row:
        spoiled = sum([type(value) is str and "\0" in value for value in row])
        if not spoiled:
            return row
        self._replaced += spoiled
        return tuple(value.replace("\0", "\ufffd") if type(value) is str else value for value in row)

    def _approve(self, reader: Reader) -> None:
        _require_sound(self._target.name, (*self._target.damage(), *check(reader)))


def _require_rest(source: Source, reader: Reader) -> None:
    """Whoever works on the source would go on there."""
    owners = [owner for (owner,) in reader.rows("lease_owners")]
    living = set(source.living(owners)) if owners else set()
    if not living:
        return
    known = [_name_of(process) for process in processes(reader) if process.owner in living]
    names = ", ".join(known) or "those that hold leases"
    raise ConflictError(
        "processes work on it", where=source.name, remedy=f"End them first, then run this again: {names}"
    )


def _name_of(process: Process) -> str:
    return f"{process.role} {process.pid} on {process.host}"


def _require_sound(name: str, findings: tuple[Finding, ...]) -> None:
    if findings:
        first, more = findings[0], len(findings) - 1
        text = f"{first.invariant}: {first.text}" + (f", and {more} more" if more else "")
        raise StoreError(f"is not sound ({text})", where=name, remedy="See: quaero db check")
