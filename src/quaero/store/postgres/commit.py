"""The frame of a write transaction: begun with the server's time, and committed exactly once.

When the answer to a commit is lost, nobody can tell what became of it but the database itself. So each session has a
row in which its transactions leave a mark: it is there if and only if its transaction took place. (The server's own
number of a transaction would not do: one that never reached the disk is given out again after a crash.)
"""

import secrets
import time
from collections.abc import Callable

import psycopg

from quaero.models.errors import StoreError
from quaero.settings import masked
from quaero.store.postgres.clock import DatabaseClock
from quaero.store.postgres.connection import Connection, is_lost
from quaero.store.postgres.outage import PATIENCE_SECONDS
from quaero.store.postgres.sessions import Session

LOOK_AGAIN_SECONDS = 0.05

NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint, pg_backend_pid()"

MARK = """INSERT INTO commits (session, mark, at) VALUES ('{session}', '{mark}', {at})
ON CONFLICT (session) DO UPDATE SET mark = excluded.mark, at = excluded.at;"""
"""In one message with the commit; the names are our own hexadecimal numbers."""

END_OF_PROCESS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid = %s::int AND pid <> pg_backend_pid() AND usename = current_user AND datname = current_database()"""
"""No row: it is gone (we may even have got its number), and with it whatever it had not committed."""


class UnknownOutcomeError(StoreError):
    """Nobody can say whether a commit took place: it must not be done again blindly."""


def begin(connection: Connection, clock: DatabaseClock, settings: str = "") -> int:
    """Begin, and set the clock; the number of the process at the server. `settings`: what holds here alone."""
    cursor = connection.execute(f"BEGIN;{settings}{NOW}".encode(), prepare=False)
    while cursor.nextset():
        pass
    [(server_ms, pid)] = cursor.fetchall()
    clock.set(server_ms)
    return int(pid)


def commit(
    session: Session,
    connection: Connection,
    pid: int,
    url: str,
    *,
    changed: bool,
    at: int,
    patient: Callable[[], bool],
) -> None:
    """Commit. `psycopg.Error`: nothing was stored; `UnknownOutcomeError`: the server did not come back in time.

    `changed`: whether there is anything to store.
    """
    mark = secrets.token_hex(8)
    marking = MARK.format(session=session.name, mark=mark, at=at) if changed else ""
    try:
        cursor = connection.execute(f"{marking}COMMIT".encode(), prepare=False)
        while cursor.nextset():
            pass
    except psycopg.Error as error:
        if not is_lost(error, connection):
            roll_back(session, connection)
            raise
        session.drop()
        if changed and not _took_place(session, pid, mark, url, patient=patient):
            raise
    else:
        if cursor.statusmessage != "COMMIT":
            raise StoreError("a statement had failed, so nothing was stored", where=masked(url))


def roll_back(session: Session, connection: Connection) -> None:
    """Undo everything; the server does, if it cannot be told."""
    try:
        connection.execute("ROLLBACK", prepare=False)
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
