"""The time of the database server: one for all machines that work on it."""

from quaero.store.clock import Clock, SystemClock


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
