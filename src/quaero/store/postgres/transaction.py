"""One caller's part of a write transaction."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from typing import Any

import msgspec

from quaero.store.clock import Clock
from quaero.store.postgres.connection import Connection
from quaero.store.postgres.document_texts import WRITERS
from quaero.store.postgres.statements import statement
from quaero.store.transaction import BeforeStatement, Change, Entries, Parameters, Row

LONG_STATEMENTS = frozenset({"delete_job", "delete_children", "check_counts"})
"""What may take minutes on a large store."""

encode = msgspec.json.Encoder().encode


class DeferredError(Exception):
    """A caller would have to wait for a lock while the transaction holds those of others: it gets one of its own."""


class Frame:
    """What the callers share that are in one transaction."""

    def __init__(self) -> None:
        self.entries = Entries()
        self.change = Change.NOTHING
        self._write: Callable[[], None] | None = None

    def write_later(self, write: Callable[[], None]) -> None:
        self._write = write

    def write_entries(self) -> None:
        """The counts and events of all of them, each row once and in the order in which everybody does it."""
        if self._write is not None:
            self._write()


class PostgresTransaction:
    """One caller's part of a transaction. `may_wait`: for locks; only the first caller may, so that none waits in turn.

    `changed` tells whether it wrote anything.
    """

    def __init__(
        self,
        frame: Frame,
        connection: Connection,
        clock: Clock,
        before_statement: BeforeStatement | None,
        *,
        may_wait: bool = True,
    ) -> None:
        self._frame, self._connection = frame, connection
        self._clock, self._before, self._may_wait = clock, before_statement, may_wait
        self._now, self._ticks = clock.now_ms(), clock.ticks_ms()
        self.changed = False

    @property
    def now(self) -> int:
        return self._now

    @property
    def ticks(self) -> int:
        return self._ticks

    @property
    def entries(self) -> Entries:
        return self._frame.entries

    def write_entries(self, write: Callable[[], None]) -> None:
        self.changed = True
        self._frame.write_later(write)

    def rows(self, name: str, /, **parameters: Any) -> list[Row]:
        writer = WRITERS.get(name)
        if writer is not None:
            return writer(self._one, parameters)
        return self._one(name, **parameters)

    def many(self, name: str, parameters: Iterable[Parameters]) -> list[Row]:
        """One statement for all of them: it takes the mappings as JSON."""
        rows = list(parameters)
        if not rows:
            return []
        return self._execute(name, {"rows": encode(rows).decode()})

    def lock(self, job_ids: Sequence[int], *, shared: bool = False) -> None:
        if job_ids:
            self._take(
                "lock_runs_shared" if shared else "lock_runs", {"job_ids": encode(list(job_ids)).decode()}
            )

    def try_lock(self, run_ids: Sequence[int], *, shared: bool = False) -> list[int]:
        statement_name = "try_lock_some_shared" if shared else "try_lock_some"
        rows = self._execute(statement_name, {"run_ids": encode(list(run_ids)).decode()})
        return [run_id for (run_id,) in rows]

    def hold(self, *names: str, shared: bool = False) -> None:
        if names:
            self._take("hold_shared" if shared else "hold", {"names": encode(names).decode()})

    def touch(self, change: Change) -> None:
        self._frame.change |= change

    def _take(self, name: str, parameters: Parameters) -> None:
        """Take locks, and look at the clock: whoever has waited comes after those who did not, also in time."""
        if self._may_wait:
            self._execute(name, parameters)
        elif not all(taken for (taken,) in self._execute(f"try_{name}", parameters)):
            raise DeferredError
        self._now, self._ticks = (
            max(self._now, self._clock.now_ms()),
            max(self._ticks, self._clock.ticks_ms()),
        )

    def _one(self, name: str, /, **parameters: Any) -> list[Row]:
        return self.many(name, [parameters]) if statement(name).of_rows else self._execute(name, parameters)

    def _execute(self, name: str, parameters: Parameters) -> list[Row]:
        if self._before is not None:
            self._before(name)
        with self._connection.patiently() if name in LONG_STATEMENTS else nullcontext():
            found = statement(name)
            cursor = self._connection.execute(found.text, found.values(parameters))
        self.changed = self.changed or not (cursor.statusmessage or "").startswith("SELECT")
        return cursor.fetchall() if cursor.description else []
