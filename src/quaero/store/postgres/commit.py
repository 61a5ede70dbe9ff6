"""The frame of a write transaction: begun with the server's time, and committed exactly once.

When the answer to a commit is lost, nobody can tell what became of it but the database itself. So each session has a
row in which its transactions leave a mark: it is there if and only if its transaction took place. (The server's own
number of a transaction would not do: one that never reached the disk is given out again after a crash.)
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Cursor

from quaero.models.errors import StoreError
from quaero.settings import masked
from quaero.store.postgres.clock import DatabaseClock, ServerTime
from quaero.store.postgres.connection import Connection, is_lost
from quaero.store.postgres.outage import PATIENCE_SECONDS
from quaero.store.postgres.sessions import Session

LOOK_AGAIN_SECONDS = 0.05

MARK = b"""INSERT INTO commits (session, mark, at) VALUES (%s, %s, %s)
ON CONFLICT (session) DO UPDATE SET mark = excluded.mark, at = excluded.at"""

END_OF_PROCESS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid = %s::int AND pid <> pg_backend_pid() AND usename = current_user AND datname = current_database()"""
"""No row: it is gone (we may even have got its number), and with it whatever it had not committed."""


class UnknownOutcomeError(StoreError):
    """Nobody can say whether a commit took place: it must not be done again blindly."""


class OpenTransaction:
    """A transaction whose statements are sent without waiting for the answers to those before.

    `time`: the server's. `committing`: the commit may have been sent.
    """

    def __init__(self, session: Session, connection: Connection, clock: DatabaseClock) -> None:
        self.connection, self.time = connection, ServerTime(connection, clock)
        self._session = session
        self.committing = False
        self._mark = ""
        self._end: Cursor[tuple[Any, ...]] | None = None
        self._pid = 0

    def commit(self, *, changed: bool, at: Callable[[], int]) -> None:
        """The last thing that is done in it. `changed`: whether there is anything to store; `at`: the time by then."""
        self._pid = self.time.hear()
        if changed:
            self._mark = secrets.token_hex(8)
            self.connection.execute(MARK, [self._session.name, self._mark, at()])
        self.committing = True  # from here on it may arrive, also when this fails
        self._end = self.connection.execute(b"COMMIT", prepare=False)

    @property
    def committed(self) -> bool:
        return self._end is not None and self._end.statusmessage == "COMMIT"

    def took_place(self, url: str, patient: Callable[[], bool]) -> bool:
        """Whether it was committed, when the answer to that was lost; one that stores nothing always is."""
        return not self._mark or _took_place(self._session, self._pid, self._mark, url, patient=patient)


@contextmanager
def transaction(
    session: Session, clock: DatabaseClock, url: str, settings: str, patient: Callable[[], bool]
) -> Iterator[OpenTransaction]:
    """A transaction, that the block has to commit. `settings`: what holds in it alone, if anything does.

    `psycopg.Error`: nothing was stored; `UnknownOutcomeError`: the server did not come back in time.
    """
    connection = session.open()
    opened = OpenTransaction(session, connection, clock)
    try:
        if (
            settings
        ):  # several statements in one message are not possible among others that are not waited for
            connection.execute(f"BEGIN;{settings}".encode(), prepare=False)
        with connection.pipeline():
            if not settings:
                connection.execute(b"BEGIN", prepare=False)
            yield opened
    except psycopg.Error as error:
        if not (opened.committing and is_lost(error, connection)):
            _roll_back(session, connection)
            raise
        session.drop()
        if not opened.took_place(url, patient):
            raise
    except BaseException:
        _roll_back(session, connection)
        raise
    else:
        if not opened.committed:
            raise StoreError("a statement had failed, so nothing was stored", where=masked(url))


def _roll_back(session: Session, connection: Connection) -> None:
    """Undo everything; the server does, if it cannot be told."""
    try:
        connection.execute(b"ROLLBACK", prepare=False)
    except psycopg.Error:
        session.drop()


def _took_place(session: Session, pid: int, mark: str, url: str, *, patient: Callable[[], bool]) -> bool:
    """Whether the mark is there, once the process that was to leave it has ended."""
    asking_since = time.monotonic()
    while patient() or time.monotonic() - asking_since < PATIENCE_SECONDS:
        try:
            connection = session.open()
            if not connection.execute(END_OF_PROCESS, [pid]).fetchall():
                question = "SELECT 1 FROM commits WHERE session = %s AND mark = %s"
                return bool(connection.execute(question, [session.name, mark]).fetchall())
        except psycopg.Error as error:
            if not is_lost(error, session.connection):
                raise UnknownOutcomeError(
                    f"what became of a commit cannot be asked ({error})", where=masked(url)
                ) from error
            session.drop()
        time.sleep(LOOK_AGAIN_SECONDS)
    raise UnknownOutcomeError(
        "the connection was lost during a commit, and whether that took place is not known",
        where=masked(url),
        remedy="See: quaero db check",
    )
