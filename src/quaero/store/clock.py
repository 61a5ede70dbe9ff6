"""Time, as one object that tests can replace."""

import time
from typing import Protocol


class Clock(Protocol):
    def now_ms(self) -> int:
        """Milliseconds since 1970, for people."""
        ...

    def ticks_ms(self) -> int:
        """Milliseconds by a clock that every process of the machine shares and nobody can set, for leases."""
        ...

    def wall_ms(self) -> int:
        """Milliseconds since 1970 as the machine says now; it jumps when somebody sets it. For schedules alone."""
        ...


class SystemClock:
    """The machine's time as it was at start, moved on by a clock that never jumps and also runs during sleep."""

    def __init__(self) -> None:
        self._offset = time.time_ns() - _steady_ns()

    def now_ms(self) -> int:
        return (self._offset + _steady_ns()) // 1_000_000

    def ticks_ms(self) -> int:
        return _steady_ns() // 1_000_000

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000


def _steady_ns() -> int:
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(clock)
