"""Classic mistakes of job queues, put into the running code on purpose: what does not find them is not a test.

Each plant replaces a function or the text of a named statement while `planted(...)` is open, in this process. A plant
that no longer fits the code is an error, so that none silently stops being one.
"""

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any
from unittest.mock import patch

from quaero.models.job import ChildJob
from quaero.models.outcome import Settlement
from quaero.store.journal import COUNTED, Journal
from quaero.store.postgres import statements as postgres_statements
from quaero.store.postgres.backend import PostgresBackend
from quaero.store.sqlite import statements
from quaero.store.sqlite.backend import SqliteBackend
from quaero.store.store import Store
from quaero.store.transaction import Change, Reader, Transaction
from quaero.store.transitions.claim import Lane, _Claiming
from quaero.store.transitions.settle import settle
from quaero.store.transitions.spawn import Origin

AS_IT_IS = ""
Plant = Callable[[ExitStack], None]
Later = Callable[[Transaction], None]

SETTLE = "quaero.store.transitions.settle"
SPAWN = "quaero.store.transitions.spawn"
LEASES = "quaero.store.transitions.leases"
PLAN = "quaero.store.transitions.plan"

_transaction = threading.local()
"""Of the writer's thread: `later`, what is to be done in a second transaction; `seen`, what was read before."""


@contextmanager
def planted(name: str) -> Iterator[None]:
    """The running code with this mistake in it; "" leaves the code as it is."""
    with ExitStack() as stack:
        if name:
            plants_for("postgres")[name](stack)
        yield


def count_in_second_transaction(stack: ExitStack) -> None:
    """(a) A job's end is committed; the parent's counts follow in a transaction of their own."""

    class LateCounts(Journal):
        def flush_counts(self) -> None:
            counts, self._counts = self._counts, type(self._counts)(self._counts.default_factory)
            if counts:
                _transaction.later.append(lambda tx: _write_counts(tx, counts))

    _second_transactions(stack)
    stack.enter_context(patch(f"{SETTLE}.Journal", LateCounts))


def spawn_after_completion(stack: ExitStack) -> None:
    """(b) The spawner's end is committed; its children follow in a transaction of their own."""
    spawn = import_module(SETTLE).spawn

    def spawn_later(tx: Transaction, journal: Journal, origin: Origin, children: Sequence[ChildJob]) -> int:
        def spawn_now(second: Transaction) -> None:
            own = Journal(second)
            spawn(second, own, origin, children)
            own.flush()

        _transaction.later.append(spawn_now)
        return len(children)

    _second_transactions(stack)
    stack.enter_context(patch(f"{SETTLE}.spawn", spawn_later))


def counter_read_before(stack: ExitStack) -> None:
    """(c) The count of completed children is read first, and written as a sum in the transaction that follows."""

    class StaleCounts(Journal):
        def flush_counts(self) -> None:
            changes = {parent: counts.get("completed", 0) for parent, counts in self._counts.items()}
            super().flush_counts()
            for parent, change in changes.items():
                if parent in _transaction.seen:
                    total = _transaction.seen[parent] = _transaction.seen[parent] + change
                    self._tx.rows("planted_set_completed", job_id=parent, completed=total)

    def settle_with(tx: Transaction, settlements: Sequence[Settlement], seen: dict[int, int]) -> Any:
        _transaction.seen = dict(seen)
        return settle(tx, settlements)

    def completed(reader: Reader, settlements: Sequence[Settlement]) -> dict[int, int]:
        return {
            parent: count
            for settlement in settlements
            for parent, count in reader.rows("planted_get_completed", id=settlement.job_id)
        }

    async def settle_in_two(self: Store, settlements: Sequence[Settlement]) -> Any:
        seen = await self.backend.read(completed, settlements)
        return await self.backend.write(settle_with, settlements, seen)

    _replace_statements(
        stack,
        planted_set_completed=lambda _: "UPDATE progress SET completed = :completed WHERE job_id = :job_id",
        planted_get_completed=lambda _: (
            "SELECT job_id, completed FROM progress WHERE job_id = (SELECT parent_id FROM jobs WHERE id = :id)"
        ),
    )
    stack.enter_context(patch(f"{SETTLE}.Journal", StaleCounts))
    stack.enter_context(patch.object(Store, "settle", settle_in_two))


def spawn_without_key(stack: ExitStack) -> None:
    """(d) Children are inserted whether or not the parent has seen their work."""
    stack.enter_context(patch(f"{SPAWN}._unseen", lambda _tx, _parent_id, children: list(children)))


def settle_without_fence(stack: ExitStack) -> None:
    """(e) An end is recorded whoever brings it: no look at the lease number."""
    _replace_statements(
        stack,
        end_job=lambda text: _with_fence(text, "0 = 0"),
        requeue_job=lambda text: _with_fence(text, "0 = 0"),
    )


def close_with_open_plan(stack: ExitStack) -> None:
    """(f) A step ends when it has no open child, although its manager may bring more."""
    mark = "plan_closed"
    _replace_statements(stack, get_progress=lambda text: _changed(text, mark, f"1 AS {mark}"))


def settle_ignores_cancel(stack: ExitStack) -> None:
    """(g) The result of a job that was cancelled meanwhile is recorded."""
    late = (
        r"\1lease_number - CASE WHEN \1state = 'cancelled' THEN 1 ELSE 0 END = \2lease_number"
        r" AND \1state IN ('running', 'cancelled')"
    )

    def accept(text: str) -> str:
        return _with_fence(text, late)

    _replace_statements(stack, end_job=accept, requeue_job=accept)


def tolerance_at_the_end(stack: ExitStack) -> None:
    """(h) Whether too many children failed is asked when all have ended, not at each failure."""
    for module in (SETTLE, LEASES, PLAN):
        stack.enter_context(patch(f"{module}.apply_tolerance", lambda *_: None))


def settle_without_lock(stack: ExitStack) -> None:
    """(i) An end is recorded without keeping others out of its run."""

    class Unlocked:
        def __init__(self, tx: Transaction) -> None:
            self._tx = tx

        def lock(self, *_: Any, **__: Any) -> None:
            pass

        def __getattr__(self, name: str) -> Any:
            return getattr(self._tx, name)

    def settle_at_once(tx: Transaction, settlements: Sequence[Settlement]) -> Any:
        return settle(Unlocked(tx), settlements)

    stack.enter_context(patch("quaero.store.store.settle", settle_at_once))


def claim_from_memory(stack: ExitStack) -> None:
    """(j) A claim goes by how many jobs of a step were running before it had the lock on the run."""

    def share_out_as_seen(self: _Claiming, seen: Sequence[Lane], locked: Sequence[Lane]) -> None:
        runs = {lane.run_id for lane in locked}
        lanes = [lane for lane in seen if lane.run_id in runs]
        self._locked += lanes
        self._share_out(lanes)

    stack.enter_context(patch.object(_Claiming, "_share_out_again", share_out_as_seen))


def commit_done_again(stack: ExitStack) -> None:
    """(k) A commit whose answer was lost is taken for one that did not take place, and done again."""
    stack.enter_context(patch("quaero.store.postgres.commit._took_place", lambda *_, **__: False))


CLASSIC: dict[str, Plant] = {
    plant.__name__: plant
    for plant in (
        count_in_second_transaction,
        spawn_after_completion,
        counter_read_before,
        spawn_without_key,
        settle_without_fence,
        close_with_open_plan,
    )
}
PLANTS: dict[str, Plant] = {
    **CLASSIC,
    "settle_ignores_cancel": settle_ignores_cancel,
    "tolerance_at_the_end": tolerance_at_the_end,
}
OF_SEVERAL_WRITERS: dict[str, Plant] = {
    plant.__name__: plant for plant in (settle_without_lock, claim_from_memory, commit_done_again)
}
"""Those that only PostgreSQL can have: a file has one writer at a time."""


def plants_for(backend: str) -> dict[str, Plant]:
    """All mistakes that can be made on this database."""
    return PLANTS if backend == "sqlite" else {**PLANTS, **OF_SEVERAL_WRITERS}


def _second_transactions(stack: ExitStack) -> None:
    """After each write, do in a transaction of its own what it left for later."""
    for backend in (SqliteBackend, PostgresBackend):
        stack.enter_context(patch.object(backend, "write", _writing_twice(backend.write)))


def _writing_twice(write: Callable[..., Any]) -> Callable[..., Any]:
    async def write_then_more(self: object, function: Callable[..., Any], *arguments: Any) -> Any:
        later: list[Later] = []

        def first(tx: Transaction) -> Any:
            later.clear()  # it may be done again
            _transaction.later = later
            return function(tx, *arguments)

        result = await write(self, first)
        for work in tuple(later):
            await write(self, work)
        return result

    return write_then_more


def _write_counts(tx: Transaction, counts: Mapping[int, Mapping[str, int]]) -> None:
    rows = [
        {"job_id": job_id} | dict.fromkeys(COUNTED, 0) | dict(counts[job_id]) for job_id in sorted(counts)
    ]
    tx.many("add_to_progress", rows)
    tx.touch(Change.PROGRESS | Change.READY | Change.DECISION)


def _replace_statements(stack: ExitStack, **changes: Callable[[str], str]) -> None:
    """Give named statements other texts, on both databases; a name that does not exist yet becomes a new statement."""
    read, read_postgres = statements.statement, postgres_statements.statement
    new: dict[str, str] = {}
    new_postgres: dict[str, postgres_statements.Statement] = {}
    for name, change in changes.items():
        if name.startswith("planted_"):
            new[name] = change("")
            new_postgres[name] = postgres_statements.of_text(change(""))
        else:
            new[name], kept = change(read(name)), read_postgres(name)
            new_postgres[name] = kept._replace(text=change(kept.text.decode()).encode())
    for module in ("sqlite.writer", "sqlite.readers"):
        stack.enter_context(
            patch(f"quaero.store.{module}.statement", lambda name: new.get(name) or read(name))
        )
    for module in ("postgres.transaction", "postgres.readers"):
        stack.enter_context(
            patch(
                f"quaero.store.{module}.statement", lambda name: new_postgres.get(name) or read_postgres(name)
            )
        )


FENCE = re.compile(
    r"((?:\w\.)?)lease_number = (:|\w\.)lease_number"
    r" AND (?:(?:\w\.)?state|coalesce\((?:\w\.)?state, ''\)) = 'running'"
)
RETURNED = re.compile(r"((?:\w\.)?depth), (?:\w\.)?lease_number")


def _with_fence(text: str, fence: str) -> str:
    r"""With another fence, in which `\1` stands before columns of the job, `\2` before those of the caller.

    Nothing behind the statement must notice that the lease numbers differ.
    """
    found = FENCE.findall(text)
    if len(found) != 1 or len(RETURNED.findall(text)) != 1:
        raise LookupError(f"the plant does not fit the code any more: there is not one fence in: {text}")
    return RETURNED.sub(rf"\1, {found[0][1]}lease_number", FENCE.sub(fence, text))


def _changed(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise LookupError(f'the plant does not fit the code any more: "{old}" is not once in: {text}')
    return text.replace(old, new)
