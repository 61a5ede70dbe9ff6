"""Write transactions: each on one of a few connections, beside each other, and committed exactly once."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec
import psycopg

from quaero.models.errors import StoreError
from quaero.store.clock import Clock
from quaero.store.postgres.clock import DatabaseClock
from quaero.store.postgres.connection import Connection, is_lost, masked
from quaero.store.postgres.sessions import PATIENCE_SECONDS, Session, Sessions
from quaero.store.postgres.statements import statement
from quaero.store.transaction import BeforeStatement, Change, Parameters, Row

T = TypeVar("T")

LONG_STATEMENTS = frozenset({"rebuild_index", "delete_job", "delete_children"})
"""What may take minutes on a large store."""

LOOK_AGAIN_SECONDS = 0.05

encode = msgspec.json.Encoder().encode


class PostgresTransaction:
    """One write transaction on a connection of its own. `clock` None: the time is the server's."""

    def __init__(
        self, session: Session, connection: Connection, clock: Clock, before_statement: BeforeStatement | None
    ) -> None:
        self._session, self._connection = session, connection
        self._clock, self._before = clock, before_statement
        self._now, self._ticks = clock.now_ms(), clock.ticks_ms()
        self.change = Change.NOTHING

    @property
    def now(self) -> int:
        return self._now

    @property
    def ticks(self) -> int:
        return self._ticks

    def rows(self, name: str, /, **parameters: Any) -> list[Row]:
        if statement(name).of_rows:
            return self.many(name, [parameters])
        return self._execute(name, parameters)

    def many(self, name: str, parameters: Iterable[Parameters]) -> list[Row]:
        """One statement for all of them: it takes the mappings as JSON."""
        rows = list(parameters)
        if not rows:
            return []
        text = encode(rows)
        if b"\\u0000" in text:
            text = encode([_without_zeros(row) for row in rows])
        return self._execute(name, {"rows": text.decode()})

    def lock(self, job_ids: Sequence[int]) -> None:
        if job_ids:
            self._execute("lock_runs", {"job_ids": encode(list(job_ids)).decode()})
            self._look_at_the_clock()

    def try_lock(self, run_ids: Sequence[int]) -> list[int]:
        rows = self._execute("try_lock_runs", {"run_ids": encode(list(run_ids)).decode()})
        return [run_id for (run_id,) in rows]

    def hold(self, *names: str, shared: bool = False) -> None:
        if names:
            self._execute("hold_shared" if shared else "hold", {"names": encode(names).decode()})
            self._look_at_the_clock()

    def touch(self, change: Change) -> None:
        self.change |= change

    def _look_at_the_clock(self) -> None:
        """Whoever has waited comes after those who did not, also in time."""
        self._now, self._ticks = (
            max(self._now, self._clock.now_ms()),
            max(self._ticks, self._clock.ticks_ms()),
        )

    def _execute(self, name: str, parameters: Parameters) -> list[Row]:
        if self._before is not None:
            self._before(name)
        if name not in LONG_STATEMENTS:
            self._session.asked_at = time.monotonic()
        try:
            cursor = self._connection.execute(statement(name).text, parameters)
            return cursor.fetchall() if cursor.description else []
        finally:
            self._session.asked_at = None


def _without_zeros(row: Parameters) -> dict[str, Any]:
    """Text in a database holds no zero bytes."""
    return {
        name: value.replace("\0", "\ufffd") if isinstance(value, str) else value
        for name, value in row.items()
    }


class _Begun(NamedTuple):
    """How the server knows a transaction, and the process that executes it."""

    xid: str
    pid: int


class Writer:
    """Runs functions of a transaction; each result is returned after the commit is durable.

    What was cut off before its commit is run again. Whether a commit took place whose answer was lost, the server is
    asked. `own_clock`: dates the transactions in place of the server's time.
    """

    def __init__(
        self,
        sessions: Sessions,
        url: str,
        begin: str,
        server_clock: DatabaseClock,
        own_clock: Clock | None,
        announce: Callable[[Change], None],
        before_statement: BeforeStatement | None,
    ) -> None:
        self._sessions, self._url, self._begin = sessions, url, begin
        self._server_clock, self._clock = server_clock, own_clock or server_clock
        self._announce, self._before = announce, before_statement

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run `function(transaction, *arguments)` and return its result once it is committed."""

        def attempt(session: Session) -> T:
            return self._attempt(session, function, arguments)

        return await self._sessions.run(attempt)

    def _attempt(self, session: Session, function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        connection = session.open()
        begun = self._begin_on(session, connection)
        transaction = PostgresTransaction(session, connection, self._clock, self._before)
        try:
            value = function(transaction, *arguments)
            if self._before is not None:
                self._before("COMMIT")
        except BaseException:
            _roll_back(session, connection)
            raise
        self._commit(session, connection, begun)
        if self._before is not None:
            self._before("DELIVER")
        if transaction.change:
            self._announce(transaction.change)
        return value

    def _begin_on(self, session: Session, connection: Connection) -> _Begun:
        session.asked_at = time.monotonic()
        try:
            cursor = connection.execute(self._begin, prepare=False)
            while cursor.nextset():
                pass
            [(server_ms, xid, pid)] = cursor.fetchall()
        finally:
            session.asked_at = None
        self._server_clock.set(server_ms)
        return _Begun(xid, pid)

    def _commit(self, session: Session, connection: Connection, begun: _Begun) -> None:
        session.asked_at = time.monotonic()
        try:
            cursor = connection.execute("COMMIT", prepare=False)
        except psycopg.Error as error:
            if not is_lost(error, connection):
                raise
            session.drop()
            if not self._took_place(session, begun):
                raise
        else:
            if cursor.statusmessage != "COMMIT":
                raise StoreError("a statement had failed, so nothing was stored", where=masked(self._url))
        finally:
            session.asked_at = None

    def _took_place(self, session: Session, begun: _Begun) -> bool:
        """Ask the server whether the transaction was committed, until it knows."""
        asking_since = time.monotonic()
        while True:
            try:
                [(status,)] = (
                    session.open().execute("SELECT pg_xact_status(%s::text::xid8)", [begun.xid]).fetchall()
                )
                if status in {"committed", "aborted"}:
                    return bool(status == "committed")
                if status is None:
                    break
                # its process has not heard that we are gone: what it has not committed by now, it never will
                session.open().execute("SELECT pg_terminate_backend(%s::int)", [begun.pid])
            except psycopg.Error as error:
                if not is_lost(error, session.connection):
                    raise
                session.drop()
                if time.monotonic() - asking_since > PATIENCE_SECONDS and not self._sessions.patient:
                    break
            time.sleep(LOOK_AGAIN_SECONDS)
        raise StoreError(
            "the connection was lost during a commit, and whether that took place is not known",
            where=masked(self._url),
            remedy="See: quaero db check",
        )


def _roll_back(session: Session, connection: Connection) -> None:
    try:
        connection.execute("ROLLBACK", prepare=False)
    except psycopg.Error:
        session.drop()
