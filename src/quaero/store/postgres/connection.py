"""Connections to the database server, and what a person is told when there is none."""

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.adapt import Buffer
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumper

from quaero.models.errors import StoreError
from quaero.settings import masked

Connection = psycopg.Connection[tuple[Any, ...]]

OLDEST_SERVER = 140_000
CANNOT_REACH_SECONDS = 5
SILENT_SECONDS = 10
"""A connection over which nothing comes back for so long is given up, by the client's system and by the server."""

_BY_DEFAULT = {
    "connect_timeout": CANNOT_REACH_SECONDS,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": SILENT_SECONDS * 1_000,
    "application_name": "quaero",
}

SESSION = (
    "SET synchronous_commit = on; SET client_min_messages = warning; SET jit = off; "
    f"SET idle_in_transaction_session_timeout = '{SILENT_SECONDS}s'; SET lock_timeout = '{SILENT_SECONDS}s'"
)
"""What every session wants. The last two: whoever was cut off, or forgot a lock, must not hold others up for long."""

IN_WRITING = SESSION + "; SET enable_seqscan = off"
"""A plan that was made for a small table is kept while the table grows: so it goes by an index from the start."""

IN_GROUPS = IN_WRITING + "; SET lock_timeout = '250ms'"
"""Who writes for many callers at once does not wait long for a lock: they are left to wait alone."""


class _Text(StrDumper):
    """Text is text also where the server could not tell; it holds no zero bytes."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)


def connect(url: str, *, pooled: bool = False, setup: str = SESSION) -> Connection:
    """A connection in which every statement is a transaction of its own, until one is begun.

    `pooled`: nothing may be kept in the session; `setup`: what is set in it otherwise. Raises `psycopg.Error`.
    """
    given: dict[str, Any] = conninfo_to_dict(url)
    connection = psycopg.connect(
        make_conninfo("", **{**_BY_DEFAULT, **given}),
        autocommit=True,
        prepare_threshold=None if pooled else 2,
    )
    connection.prepared_max = 500
    connection.adapters.register_dumper(int, Int8Dumper)
    connection.adapters.register_dumper(str, _Text)
    if not pooled:
        connection.execute(setup, prepare=False)
    return connection


def is_lost(error: psycopg.Error, connection: Connection | None) -> bool:
    """Whether the connection is gone, or the server cannot take one now."""
    state = error.sqlstate
    if state is None:  # not the server's word; and there may be another connection by now
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    gone = connection is None or connection.closed or connection.broken
    return bool(gone and isinstance(error, psycopg.OperationalError)) or (
        state.startswith(("08", "57P")) or state in {"53300", "53400", "25P03", "25P02"}
    )


IN_THE_WAY = frozenset({"40001", "40P01", "55P03"})
"""Another transaction is in the way of this one: serialization, deadlock, lock."""

WAS_FASTER = frozenset({"23505", "23503"})
"""Another transaction has just written or deleted the same: unique, reference. The next attempt sees what it did."""

UNREACHABLE = "Start the server, or check the address; then run again"


def refusal(error: psycopg.Error, url: str) -> StoreError:
    """The one line that a person gets for an error of the database."""
    where, reason = masked(url), _reason(error)
    state = error.sqlstate or ""
    if state in {"28000", "28P01"} or "authentication failed" in reason:
        return StoreError(f"does not let us in ({reason})", where=where, remedy="Check user and password")
    if state == "3D000" or ("database" in reason and "does not exist" in reason):
        return StoreError("there is no such database", where=where, remedy="Make it: createdb NAME")
    if state == "53300" or "too many clients" in reason:
        return StoreError(
            "has no connection to spare", where=where, remedy="Raise max_connections, or run fewer processes"
        )
    if state in {"53100"}:
        return StoreError(
            "the disk is full", where=where, remedy="Free some space and run again; nothing was lost"
        )
    if state == "42501":
        return StoreError(
            f"may not be used so ({reason})", where=where, remedy="Give the user the right to create tables"
        )
    if state in {"55P03", "40P01", "40001"}:
        return StoreError(
            "is locked by another program", where=where, remedy="End that program, then run again"
        )
    if state == "25006":
        return StoreError("cannot be written", where=where, remedy="Name the primary server, not a standby")
    if is_lost(error, None):
        return StoreError(f"cannot be reached ({reason})", where=where, remedy=UNREACHABLE)
    return StoreError(f"cannot be used ({reason})", where=where, remedy="See: quaero doctor")


def _reason(error: psycopg.Error) -> str:
    text = (error.diag.message_primary or str(error)).strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    last = lines[0] if lines else type(error).__name__
    for mark in ("FATAL: ", "failed: "):
        last = last.rpartition(mark)[2] or last
    return last.strip()


Opener = Callable[[], Connection]
