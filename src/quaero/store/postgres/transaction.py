"""One caller's part of a write transaction."""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any

import msgspec
from psycopg import Cursor

from quaero.store.clock import Clock
from quaero.store.postgres.clock import ServerTime
from quaero.store.postgres.connection import Connection
from quaero.store.postgres.document_texts import WRITERS
from quaero.store.postgres.ready import ADDS, READY, Fronts
from quaero.store.postgres.statements import statement
from quaero.store.transaction import Answer, BeforeStatement, Change, Entries, Parameters, Row

LONG_STATEMENTS = frozenset({"delete_job", "delete_children", "check_counts"})
"""What may take minutes on a large store."""

TELL_TIME = frozenset({"lock_runs", "lock_runs_shared"})
"""They have the columns of `ServerTime` before their own, as it is when the locks were had."""

encode = msgspec.json.Encoder().encode


class DeferredError(Exception):
    """A caller would have to wait for a lock while the transaction holds those of others: it gets one of its own."""


class Frame:
    """What the callers share that are in one transaction.

    `time`: the server's, if their clock goes by it. `fronts`: what earlier ones have seen of the queue.
    """

    def __init__(self, time: ServerTime | None = None, fronts: Fronts | None = None) -> None:
        self.entries, self.time, self.fronts = Entries(), time, fronts or Fronts()
        self._changes: list[Callable[[], Change]] = []
        self._change = Change.NOTHING
        self._write: Callable[[], None] | None = None

    def touch(self, change: Change | Callable[[], Change]) -> None:
        if isinstance(change, Change):
            self._change |= change
        else:
            self._changes.append(change)

    @property
    def change(self) -> Change:
        """All that was touched; when every statement is answered."""
        return reduce(or_, (change() for change in self._changes), self._change)

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
        self._now = self._ticks = 0
        self._looked = False
        self.changed = False

    @property
    def now(self) -> int:
        self._look()
        return self._now

    @property
    def ticks(self) -> int:
        self._look()
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
        if name == READY:
            return self.ask(name, **parameters)()
        return self._one(name, **parameters)

    def many(self, name: str, parameters: Iterable[Parameters]) -> list[Row]:
        """One statement for all of them: it takes the mappings as JSON."""
        return self.ask_many(name, parameters)()

    def ask(self, name: str, /, **parameters: Any) -> Answer:
        if name == READY:
            return self._frame.fronts.ask(self._send, self.ticks, parameters)
        if name == ADDS:
            self._frame.fronts.forget(parameters["parent_id"])
        if name in WRITERS or statement(name).of_rows:
            rows = self.rows(name, **parameters)
            return lambda: rows
        return self._execute(name, parameters)

    def ask_many(self, name: str, parameters: Iterable[Parameters]) -> Answer:
        rows = list(parameters)
        return self._execute(name, {"rows": encode(rows).decode()}) if rows else list

    def lock(self, job_ids: Sequence[int], *, shared: bool = False) -> None:
        if job_ids:
            self._take(
                "lock_runs_shared" if shared else "lock_runs", {"job_ids": encode(list(job_ids)).decode()}
            )

    def try_lock(self, run_ids: Sequence[int], *, shared: bool = False) -> Answer:
        statement_name = "try_lock_some_shared" if shared else "try_lock_some"
        return self._execute(statement_name, {"run_ids": encode(list(run_ids)).decode()})

    def hold(self, *names: str) -> None:
        if names:
            self._take("hold", {"names": encode(names).decode()})

    def hold_gates(self) -> Callable[[], bool]:
        answer = self._take("hold_gates", {})
        return lambda: all(limited for limited, _ in answer())

    def try_hold_gates(self) -> Callable[[], bool]:
        answer = self._execute("try_hold_gates", {})
        return lambda: all(taken for *_, taken in answer())

    def touch(self, change: Change | Callable[[], Change]) -> None:
        self._frame.touch(change)

    def _take(self, name: str, parameters: Parameters) -> Answer:
        """Take locks, and look at the clock: whoever has waited comes after those who did not, also in time."""
        if self._may_wait:
            cursor = self._sent(name, parameters)
            answer = cursor.fetchall
            if self._frame.time is not None:
                if name in TELL_TIME:
                    self._frame.time.told_by(cursor)
                else:
                    self._frame.time.ask()
        else:
            answer = self._execute(f"try_{name}", parameters)
            if not all(taken for *_, taken in answer()):
                raise DeferredError
        self._looked = False
        return answer

    def _look(self) -> None:
        """At the clock, if that was not done since it may have gone on."""
        if not self._looked:
            if self._frame.time is not None:
                self._frame.time.hear()
            self._now = max(self._now, self._clock.now_ms())
            self._ticks = max(self._ticks, self._clock.ticks_ms())
            self._looked = True

    def _one(self, name: str, /, **parameters: Any) -> list[Row]:
        return self.many(name, [parameters]) if statement(name).of_rows else self._execute(name, parameters)()

    def _send(self, name: str, /, **parameters: Any) -> Answer:
        return self._execute(name, parameters)

    def _execute(self, name: str, parameters: Parameters) -> Answer:
        """Send the statement; what has no rows is answered at once, the server answers with what comes later."""
        if name in LONG_STATEMENTS:
            with self._connection.patiently():
                rows = self._sent(name, parameters).fetchall()
            return lambda: rows
        cursor = self._sent(name, parameters)
        return cursor.fetchall if statement(name).tells else list

    def _sent(self, name: str, parameters: Parameters) -> Cursor[Row]:
        if self._before is not None:
            self._before(name)
        found = statement(name)
        self.changed = self.changed or found.changes
        return self._connection.execute(found.text, found.values(parameters))
