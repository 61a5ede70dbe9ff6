"""Gates: pauses and limits on how many child jobs run at once, over all processes.

How many run is counted from the rows of jobs in the transaction that claims: a limit cannot drift.
"""

from collections.abc import Sequence
from typing import Literal, get_args

import msgspec

from quaero.models.errors import NotFoundError, UsageError
from quaero.store.transaction import Change, OutdatedError, Reader, Transaction

GateScope = Literal["all", "definition", "type", "host"]

UNLIMITED = 2**31
LARGEST_LIMIT = 1_000_000


class Gate(msgspec.Struct, frozen=True):
    """What holds jobs back. `key` names the definition, the job type or the host; "" when the scope is "all".

    `concurrency`: child jobs that run at once; None: no limit.
    """

    scope: GateScope
    key: str
    concurrency: int | None
    paused: bool


def gates(reader: Reader) -> tuple[Gate, ...]:
    """All of them, by scope and key."""
    return tuple(
        Gate(scope, key, limit, bool(paused)) for scope, key, limit, paused in reader.rows("get_gates")
    )


def change_gate(
    tx: Transaction, scope: GateScope, key: str, *, paused: bool | None, concurrency: int | None
) -> None:
    """Pause (True) or resume (False), or set the limit (0: none); None leaves that as it is.

    `UsageError` for a gate that makes no sense.
    """
    _check(scope, key, concurrency)
    tx.hold("gates")
    found = tx.rows("get_gate", scope=scope, key=key)
    old_limit, old_paused = found[0] if found else (None, 0)
    limit = old_limit if concurrency is None else concurrency or None
    pause = bool(old_paused) if paused is None else paused
    if paused is False and not old_paused:
        name = "everything" if scope == "all" else f"{scope} {key}"
        raise NotFoundError(f"{name} is not paused", remedy="See: quaero jobs gates")
    if limit is None and not pause:
        tx.rows("delete_gate", scope=scope, key=key)
    else:
        tx.rows("put_gate", scope=scope, key=key, concurrency=limit, paused=int(pause))
    tx.touch(Change.READY)


def _check(scope: str, key: str, concurrency: int | None) -> None:
    if scope not in get_args(GateScope):
        raise UsageError(
            f"there is no gate by {scope}", remedy=f"There are: {', '.join(get_args(GateScope))}"
        )
    if (scope == "all") != (key == ""):
        raise UsageError("a definition, type or host is paused or limited by its name; everything has none")
    if concurrency is not None and not 0 <= concurrency <= LARGEST_LIMIT:
        raise UsageError(
            f"a limit of {concurrency} jobs makes no sense",
            remedy=f"0 takes it away, {LARGEST_LIMIT} is the most",
        )


def what_gates_let_through(tx: Transaction) -> "Rooms":
    """Exact over all processes: while there are gates, claims take turns, and a change of one waits for all claims."""
    alone = tx.hold_gates()
    rooms = Rooms(tx, gates(tx))
    if rooms.limited and not alone():
        raise OutdatedError
    return rooms


class Rooms:
    """How many more jobs may start now, gate by gate of those that were found."""

    def __init__(self, reader: Reader, found: Sequence[Gate]) -> None:
        self._paused = {(gate.scope, gate.key) for gate in found if gate.paused}
        self._left = {
            (gate.scope, gate.key): gate.concurrency for gate in found if gate.concurrency is not None
        }
        if self._left:
            for definition_id, type_, host, count in reader.rows("running_by_gate"):
                self.take(definition_id, type_, host, count)
        self._left.update(dict.fromkeys(self._paused, 0))
        self.limited = bool(found)

    @property
    def full_hosts(self) -> list[str]:
        return [key for (scope, key), left in self._left.items() if scope == "host" and left <= 0]

    def for_lane(self, definition_id: str, *, children: bool) -> int:
        """How many jobs of the definition may start. A limit is one on child jobs, a pause holds all."""
        names: tuple[tuple[GateScope, str], ...] = (("all", ""), ("definition", definition_id))
        if not children:
            return 0 if self._paused.intersection(names) else UNLIMITED
        return min(self._left.get(name, UNLIMITED) for name in names)

    def open_types(self, types: tuple[str, ...], *, children: bool) -> tuple[str, ...]:
        if not children:
            return tuple(type_ for type_ in types if ("type", type_) not in self._paused)
        return tuple(type_ for type_ in types if self._left.get(("type", type_), 1) > 0)

    def admit(self, definition_id: str, type_: str, host: str | None) -> bool:
        """Take a place for one child job if every gate that it passes has one."""
        if not self._left:
            return True
        names = _names(definition_id, type_, host)
        if any(self._left.get(name, 1) <= 0 for name in names):
            return False
        self.take(definition_id, type_, host, 1)
        return True

    def take(self, definition_id: str, type_: str, host: str | None, count: int) -> None:
        for name in _names(definition_id, type_, host):
            if name in self._left:
                self._left[name] -= count


def _names(definition_id: str, type_: str, host: str | None) -> list[tuple[GateScope, str]]:
    names: list[tuple[GateScope, str]] = [("all", ""), ("definition", definition_id), ("type", type_)]
    return names if host is None else [*names, ("host", host)]
