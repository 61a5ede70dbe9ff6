"""The time of the database server: one for all machines that work on it."""

from typing import Any, Final

from psycopg import Cursor

from quaero.store.clock import Clock, SystemClock
from quaero.store.postgres.connection import Connection


class DatabaseClock:
    """What time it is at the server, as the last answer said and this machine's steady clock has counted since."""

    def __init__(self) -> None:
        self._steady = SystemClock(0)
        self._offset_ms = 0

    def set(self, server_ms: int) -> None:
        """An answer that just came says what time it is there."""
        self._offset_ms = server_ms - self._steady.ticks_ms()

    def now_ms(self) -> int:
        return self._offset_ms + self._steady.ticks_ms()

    def ticks_ms(self) -> int:
        return self.now_ms()

    def wall_ms(self) -> int:
        return self.now_ms()


class ServerTime:
    """What time it is at the server, asked on a connection along with other statements: the answer sets the clock."""

    NOW: Final = b"SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint, pg_backend_pid()"

    def __init__(self, connection: Connection, clock: DatabaseClock) -> None:
        self._connection, self._clock = connection, clock
        self._cursor: Cursor[tuple[Any, ...]] | None = None
        self._pid = 0

    def ask(self) -> None:
        """Anew: what was answered while others held a lock is too old when it is read."""
        self._cursor = self._connection.execute(self.NOW)

    def told_by(self, cursor: Cursor[tuple[Any, ...]]) -> None:
        """A statement asks for it as well, first of all its columns."""
        self._cursor = cursor

    def hear(self) -> int:
        """Wait for the last answer, if there is none yet; the number of the process at the server."""
        if self._cursor is None and not self._pid:
            self.ask()
        if self._cursor is not None:
            [(server_ms, self._pid, *_)] = self._cursor.fetchall()
            self._cursor = None
            self._clock.set(server_ms)
        return self._pid


class NeverBack:
    """A clock by which time stands still rather than going back."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._latest = clock, 0

    def now_ms(self) -> int:
        self._latest = max(self._latest, self._clock.now_ms())
        return self._latest

    def ticks_ms(self) -> int:
        return self._clock.ticks_ms()

    def wall_ms(self) -> int:
        return self._clock.wall_ms()
