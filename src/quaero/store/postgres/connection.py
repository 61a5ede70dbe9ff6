"""Connections to the database server, and what a person is told when there is none."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.adapt import Buffer
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumper

from quaero.models.errors import StoreError
from quaero.settings import masked

logging.getLogger("psycopg").setLevel(logging.ERROR)  # it warns of what went wrong after what we tell

T = TypeVar("T")

OLDEST_SERVER = 140_000
CANNOT_REACH_SECONDS = 5
SETUP_SECONDS = 5.0
"""How long a new connection may take to set what every session wants."""

SILENT_SECONDS = 10
"""A connection over which nothing comes back for so long is given up, by the client's system and by the server."""

_BY_DEFAULT = {
    "connect_timeout": CANNOT_REACH_SECONDS,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": SILENT_SECONDS * 1_000,
}

SESSION = (
    "SET synchronous_commit = on; SET client_min_messages = warning; SET jit = off; "
    f"SET idle_in_transaction_session_timeout = '{SILENT_SECONDS}s'; SET lock_timeout = '{SILENT_SECONDS}s'; "
    "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; "
    f"SET tcp_user_timeout = '{SILENT_SECONDS}s'"
)
"""What every session wants. Timeouts: whoever was cut off, or forgot a lock, must not hold others up for long."""

IN_WRITING = (
    SESSION + "; SET plan_cache_mode = force_generic_plan; "
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"
)
"""A statement is planned once, and the plan is kept while its tables grow: so it goes by an index from the start."""

IN_GROUPS = IN_WRITING + "; SET lock_timeout = '250ms'"
"""Who writes for many callers at once does not wait long for a lock: they are left to wait alone."""


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that is given up when an answer does not come within `answer_seconds` (None: at any time)."""

    answer_seconds: float | None = None

    def wait(self, gen: PQGen[T], *arguments: Any, **options: Any) -> T:
        """Every answer is waited for here."""
        if self.answer_seconds is None:
            return super().wait(gen, *arguments, **options)
        try:
            return super().wait(_limited(gen, self.answer_seconds), *arguments, **options)
        except UnansweredError:
            self.close()
            raise

    @contextmanager
    def patiently(self) -> Iterator[None]:
        """For what may take as long as it takes."""
        usual, self.answer_seconds = self.answer_seconds, None
        try:
            yield
        finally:
            self.answer_seconds = usual


class UnansweredError(psycopg.OperationalError):
    """The server, or the network, does not answer."""


def _limited(steps: PQGen[T], seconds: float) -> PQGen[T]:
    """The same steps, unless nothing comes for so long."""
    until = time.monotonic() + seconds
    try:
        wanted = next(steps)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > until:
                raise UnansweredError(f"no answer for {seconds:g} s")
            wanted = steps.send(ready)
    except StopIteration as end:
        result: T = end.value
        return result


class _Text(StrDumper):
    """Text is text also where the server could not tell; it holds no zero bytes."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)


def connect(url: str, *, pooled: bool = False, setup: str = SESSION, name: str = "quaero") -> Connection:
    """A connection in which every statement is a transaction of its own, until one is begun.

    `pooled`: nothing may be kept in the session; `setup`: what is set in it otherwise; `name`: what the server lists
    it as. Raises `psycopg.Error`.
    """
    given: dict[str, Any] = conninfo_to_dict(url)
    connection = Connection.connect(
        make_conninfo("", **{**_BY_DEFAULT, "application_name": name, **given}),
        autocommit=True,
        prepare_threshold=None if pooled else 2,
    )
    connection.prepared_max = 500
    connection.adapters.register_dumper(int, Int8Dumper)
    connection.adapters.register_dumper(str, _Text)
    if not pooled:
        connection.answer_seconds = SETUP_SECONDS
        try:
            connection.execute(setup, prepare=False)
        except BaseException:
            connection.close()
            raise
        connection.answer_seconds = None
    return connection


def is_lost(error: psycopg.Error, connection: Connection | None) -> bool:
    """Whether the connection is gone, or the server cannot serve one now: it lacks room, or is a standby."""
    state = error.sqlstate
    if state is None:  # not the server's word; and there may be another connection by now
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    gone = connection is None or connection.closed or connection.broken
    return bool(gone and isinstance(error, psycopg.OperationalError)) or (
        state.startswith(("08", "57P", "53", "58")) or state in {"25P03", "25P02", "25006"}
    )


def is_of_data(error: psycopg.Error) -> bool:
    """Whether it is what was to be stored that is wrong, and not the database."""
    return error.sqlstate is None or error.sqlstate.startswith(("22", "23", "54"))


IN_THE_WAY = frozenset({"40001", "40P01", "55P03", "57014"})
"""Somebody else is in the way of this transaction: serialization, deadlock, lock, a person who cancelled it."""

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
    if state in IN_THE_WAY:
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
