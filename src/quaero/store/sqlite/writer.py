"""The one writer of a process: a thread that groups the transactions of many callers into one commit."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import apsw

from quaero.models.errors import StoreError
from quaero.store.clock import Clock
from quaero.store.groups import Groups, Request, Result, deliver
from quaero.store.sqlite.connection import refusal
from quaero.store.sqlite.statements import statement
from quaero.store.transaction import Answer, BeforeStatement, Change, Entries, Parameters, Row

T = TypeVar("T")

AFTER_A_VAIN_WAIT_MS = 100

LOOK_AROUND_SECONDS = 0.02
"""How often the writer asks whether another process has committed: a look takes up to a third of a millisecond."""

OF_THE_DATABASE = (
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.ReadOnlyError,
    apsw.CantOpenError,
    apsw.PermissionsError,
    apsw.BusyError,
)
"""Errors that no caller has caused."""


class SqliteTransaction:
    """One caller's share of a commit, in a savepoint of its own."""

    def __init__(
        self, cursor: apsw.Cursor, now: int, ticks: int, before_statement: BeforeStatement | None
    ) -> None:
        self._cursor, self._now, self._ticks, self._before = cursor, now, ticks, before_statement
        self.change = Change.NOTHING
        self.entries = Entries()

    @property
    def now(self) -> int:
        return self._now

    @property
    def ticks(self) -> int:
        return self._ticks

    def rows(self, name: str, /, **parameters: Any) -> list[Row]:
        if self._before is not None:
            self._before(name)
        return self._cursor.execute(statement(name), parameters).fetchall()

    def write_entries(self, write: Callable[[], None]) -> None:
        write()

    def many(self, name: str, parameters: Iterable[Parameters]) -> list[Row]:
        if self._before is not None:
            self._before(name)
        return self._cursor.executemany(statement(name), parameters).fetchall()

    def reindex(self, index: str) -> None:
        """Build an index anew; its name, which cannot be a parameter, is one that `list_indexes` gave."""
        if self._before is not None:
            self._before("reindex")
        quoted = index.replace('"', '""')
        self._cursor.execute(f'REINDEX "{quoted}"')

    def ask(self, name: str, /, **parameters: Any) -> Answer:
        rows = self.rows(name, **parameters)
        return lambda: rows

    def ask_many(self, name: str, parameters: Iterable[Parameters]) -> Answer:
        rows = self.many(name, parameters)
        return lambda: rows

    def lock(self, job_ids: Sequence[int], *, shared: bool = False) -> None:
        """Nothing to do: a database file has one writer at a time."""

    def try_lock(self, run_ids: Sequence[int], *, shared: bool = False) -> Answer:
        return lambda: [(run_id,) for run_id in run_ids]

    def hold(self, *names: str) -> None:
        """Nothing to do."""

    def hold_gates(self) -> Callable[[], bool]:
        return lambda: True

    def try_hold_gates(self) -> Callable[[], bool]:
        return lambda: True

    def touch(self, change: Change | Callable[[], Change]) -> None:
        self.change |= change if isinstance(change, Change) else change()


class Writer:
    """Runs functions of a transaction in order of arrival; each result is delivered after the commit.

    `connection` is its own from now on. `patient`: waits for a lock of another program as long as it takes.

    An exception undoes only that caller's share. When the commit itself fails, all its callers get the error and
    nothing of any of them is stored.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        path: Path,
        clock: Clock,
        announce: Callable[[Change], None],
        before_statement: BeforeStatement | None = None,
    ) -> None:
        self._path, self._clock, self._announce, self._before = path, clock, announce, before_statement
        self._connection = connection
        self._groups = Groups()
        self.patient = False
        self._last_now = 0
        self._seen_version, self._looked_at = self._data_version(), time.monotonic()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="quaero-writer", daemon=True)
        self._thread.start()

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run `function(transaction, *arguments)` and return its result once it is committed."""
        if self._closed:
            raise StoreError("the store is closed", where=str(self._path))
        return await self._groups.ask(function, *arguments)

    async def close(self) -> None:
        """Finish what was asked for, then end the thread and close the connection."""
        if not self._closed:
            self._closed = True
            self._groups.end()
            await asyncio.to_thread(self._thread.join)
            self._connection.close()

    def _work(self) -> None:
        group: list[Request] = []
        try:
            last = False
            while not last:
                group, last = self._groups.next(LOOK_AROUND_SECONDS)
                if group:
                    self._commit(group)
                else:
                    self._look_around()
        except BaseException as error:  # noqa: BLE001 - nothing can be written any more, but nobody waits for ever
            failure = StoreError(f"the writer stopped ({error!r})", where=str(self._path))
            self._groups.refuse_all(group, failure)

    def _look_around(self) -> None:
        self._looked_at = time.monotonic()
        version = self._data_version()
        if version != self._seen_version:
            self._seen_version = version
            self._groups.call_soon(self._announce, Change.FOREIGN)

    def _data_version(self) -> int:
        """Changes whenever another connection commits, and not when this one does."""
        return int(self._connection.pragma("data_version"))

    def _commit(self, group: list[Request]) -> None:
        results: list[Result] = []
        change = Change.NOTHING
        try:
            cursor = self._connection.cursor()
            self._begin(cursor)
            now = self._last_now = max(self._last_now, self._clock.now_ms())
            for request in group:
                result, touched = self._run_one(cursor, now, request)
                results.append(result)
                change |= touched
            if self._before is not None:
                self._before("COMMIT")
            cursor.execute("COMMIT")
            if self._before is not None:
                self._before("DELIVER")
        except Exception as error:  # noqa: BLE001 - handed to every caller of the group
            self._roll_back()
            failure = refusal(error, self._path) if isinstance(error, apsw.Error) else error
            results = [Result(request.done, None, failure) for request in group]
            change = Change.NOTHING
        self._groups.call_soon(self._tell, results, change)
        if time.monotonic() - self._looked_at > LOOK_AROUND_SECONDS:
            self._look_around()

    def _begin(self, cursor: apsw.Cursor) -> None:
        """Take the write lock. Who has waited in vain does not wait as long again, unless it is patient."""
        while True:
            try:
                cursor.execute("BEGIN IMMEDIATE")
            except apsw.BusyError:
                self._connection.set_busy_timeout(AFTER_A_VAIN_WAIT_MS)
                if not self.patient or self._closed:
                    raise
            else:
                return

    def _run_one(self, cursor: apsw.Cursor, now: int, request: Request) -> tuple[Result, Change]:
        transaction = SqliteTransaction(cursor, now, self._clock.ticks_ms(), self._before)
        cursor.execute("SAVEPOINT caller")
        try:
            value = request.function(transaction, *request.arguments)
        except (apsw.FullError, apsw.IOError):
            raise  # the whole commit is lost
        except Exception as error:  # noqa: BLE001 - belongs to this caller alone
            cursor.execute("ROLLBACK TO caller")
            cursor.execute("RELEASE caller")
            failure = refusal(error, self._path) if isinstance(error, OF_THE_DATABASE) else error
            return Result(request.done, None, failure), Change.NOTHING
        cursor.execute("RELEASE caller")
        return Result(request.done, value, None), transaction.change

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            with contextlib.suppress(apsw.Error):
                self._connection.execute("ROLLBACK")

    def _tell(self, results: list[Result], change: Change) -> None:
        deliver(results)
        if change:
            self._announce(change)
