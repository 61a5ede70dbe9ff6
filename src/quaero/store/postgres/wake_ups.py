"""Wake-ups between processes: a connection of its own that listens, tells, and holds the lock of this process."""

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Callable

import psycopg

from quaero.store.postgres.connection import SILENT_SECONDS, Connection, Opener
from quaero.store.transaction import Change

CHANNEL = "quaero"
APART_SECONDS = 0.01
"""Wake-ups of one process are at least so far apart; what changes meanwhile is told together."""

SIGN_OF_LIFE_SECONDS = 5.0
"""How often a question shows whether the connection is still there: who stands still in a transaction."""

UNANSWERED_SECONDS = 10.0
"""A connection over which no answer comes for so long is given up: nothing here takes long."""

TRY_AGAIN_SECONDS = 0.5
LOOK_AGAIN_SECONDS = 0.02

TAKE_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(%s, 3))"
END_OLD_CONNECTION = """
SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND granted AND objsubid = 1
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND ((classid::bigint << 32) | objid::bigint) = hashtextextended(%s, 3)"""
"""The server may not have heard that we lost the connection that still holds our lock."""

END_STANDING_STILL = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name LIKE 'quaero %%' AND usename = current_user AND datname = current_database()
  AND pid <> pg_backend_pid() AND state = 'active' AND wait_event = 'ClientRead' AND xact_start IS NOT NULL
  AND greatest(query_start, state_change) < clock_timestamp() - %s * interval '1 second'"""
"""The server ends who is idle in a transaction, but not who stopped between statements that wait for no answer."""


class WakeUps:
    """Tells other processes what changed, and `heard` what they told; both outside of every transaction.

    `owner`: the name of this process, which is locked while the connection lasts. After a connection was lost, `heard`
    is told that anything may have changed.
    """

    def __init__(self, opener: Opener, owner: str, scope: str, heard: Callable[[Change], None]) -> None:
        self._opener, self._owner, self._heard = opener, owner, heard
        self._channel = f"{CHANNEL}_{scope}"
        self._pending = Change.NOTHING
        self._guard = threading.Lock()
        self._bell, self._ear = socket.socketpair()
        self._closing = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._work, name="quaero-wake-ups", daemon=True)
        self._thread.start()

    def tell(self, change: Change) -> None:
        """Wake the others up; returns at once."""
        with self._guard:
            rang, self._pending = bool(self._pending), self._pending | change
        if not rang:
            self._ring()

    def wait_until_known(self, seconds: float) -> bool:
        """Until this process holds its lock and listens; whether it does."""
        return self._ready.wait(seconds)

    def close(self) -> None:
        self._closing.set()
        self._ring()
        self._thread.join()
        self._bell.close()
        self._ear.close()

    def _ring(self) -> None:
        with contextlib.suppress(OSError):
            self._bell.send(b"!")

    def _work(self) -> None:
        first = True
        while not self._closing.is_set():
            try:
                with self._opener() as connection:
                    connection.answer_seconds = UNANSWERED_SECONDS
                    self._introduce(connection)
                    if not first:
                        self._heard(Change.FOREIGN)
                    first = False
                    self._converse(connection)
            except psycopg.Error:
                self._ready.clear()
                self._closing.wait(TRY_AGAIN_SECONDS)

    def _introduce(self, connection: Connection) -> None:
        while connection.execute(TAKE_LOCK, [self._owner]).fetchall() != [(True,)]:
            connection.execute(END_OLD_CONNECTION, [self._owner])
            self._closing.wait(LOOK_AGAIN_SECONDS)
        connection.execute(f'LISTEN "{self._channel}"'.encode())
        self._ready.set()

    def _converse(self, connection: Connection) -> None:
        with selectors.DefaultSelector() as both:
            both.register(connection.fileno(), selectors.EVENT_READ)
            both.register(self._ear, selectors.EVENT_READ)
            told_at, looked_at = 0.0, time.monotonic()
            while not self._closing.is_set():
                early = APART_SECONDS - (time.monotonic() - told_at)
                ready = {
                    key.fileobj
                    for key, _ in both.select(max(0.0, early) if self._pending else SIGN_OF_LIFE_SECONDS)
                }
                if self._ear in ready:
                    self._ear.recv(4096)
                if self._pending and time.monotonic() - told_at >= APART_SECONDS:
                    self._tell_now(connection)
                    told_at = time.monotonic()
                if time.monotonic() - looked_at >= SIGN_OF_LIFE_SECONDS:
                    connection.execute(END_STANDING_STILL, [SILENT_SECONDS])
                    looked_at = time.monotonic()
                self._listen(connection)
        self._tell_now(connection)

    def _tell_now(self, connection: Connection) -> None:
        with self._guard:
            change, self._pending = self._pending, Change.NOTHING
        if change:
            text = f"{self._owner} {change.value}"
            try:
                connection.execute("SELECT pg_notify(%s, %s)", [self._channel, text])
            except psycopg.Error:
                self.tell(change)  # over the next connection
                raise

    def _listen(self, connection: Connection) -> None:
        heard = Change.NOTHING
        for notify in connection.notifies(timeout=0):
            owner, _, value = notify.payload.partition(" ")
            if owner != self._owner:
                heard |= Change(int(value)) if value.isdigit() else Change.FOREIGN
        if heard:
            self._heard(heard)
