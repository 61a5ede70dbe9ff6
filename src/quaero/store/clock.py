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
    """The machine's time as it was at start, moved on by a clock that never jumps and also runs during sleep.

    `offset_ms`: how far the time is ahead of that clock, where others have found that out.
    """

    def __init__(self, offset_ms: int | None = None) -> None:
        own = (time.time_ns() - _steady_ns()) // 1_000_000
        self.offset_ms = own if offset_ms is None else offset_ms

    def now_ms(self) -> int:
        return self.offset_ms + self.ticks_ms()

    def ticks_ms(self) -> int:
        return _steady_ns() // 1_000_000

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000


def _steady_ns() -> int:
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(clock)
