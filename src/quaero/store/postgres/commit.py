"""The frame of a write transaction: begun with the server's time, and committed exactly once."""

import time
from typing import NamedTuple

import psycopg

from quaero.models.errors import StoreError
from quaero.settings import masked
from quaero.store.postgres.clock import DatabaseClock
from quaero.store.postgres.connection import Connection, is_lost
from quaero.store.postgres.sessions import PATIENCE_SECONDS, Session

LOOK_AGAIN_SECONDS = 0.05

BEGIN, NOW = (
    "BEGIN;",
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint, pg_current_xact_id()::text, pg_backend_pid()",
)


class Begun(NamedTuple):
    """How the server knows a transaction, and the process that executes it."""

    xid: str
    pid: int


def begin(session: Session, connection: Connection, clock: DatabaseClock, settings: str = "") -> Begun:
    """Begin, and set the clock. `settings`: what holds in this transaction alone, before the question."""
    session.asked_at = time.monotonic()
    try:
        cursor = connection.execute(f"{BEGIN}{settings}{NOW}".encode(), prepare=False)
        while cursor.nextset():
            pass
        [(server_ms, xid, pid)] = cursor.fetchall()
    finally:
        session.asked_at = None
    clock.set(server_ms)
    return Begun(xid, pid)


def commit(session: Session, connection: Connection, begun: Begun, url: str, *, patient: bool) -> None:
    """Commit. When the answer is lost, the server is asked what became of it; `psycopg.Error`: nothing was stored."""
    session.asked_at = time.monotonic()
    try:
        cursor = connection.execute("COMMIT", prepare=False)
    except psycopg.Error as error:
        if not is_lost(error, connection):
            raise
        session.drop()
        if not _took_place(session, begun, url, patient=patient):
            raise
    else:
        if cursor.statusmessage != "COMMIT":
            raise StoreError("a statement had failed, so nothing was stored", where=masked(url))
    finally:
        session.asked_at = None


def roll_back(session: Session, connection: Connection) -> None:
    """Undo everything; the server does, if it cannot be told."""
    try:
        connection.execute("ROLLBACK", prepare=False)
    except psycopg.Error:
        session.drop()


def _took_place(session: Session, begun: Begun, url: str, *, patient: bool) -> bool:
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
            if time.monotonic() - asking_since > PATIENCE_SECONDS and not patient:
                break
        time.sleep(LOOK_AGAIN_SECONDS)
    raise StoreError(
        "the connection was lost during a commit, and whether that took place is not known",
        where=masked(url),
        remedy="See: quaero db check",
    )
