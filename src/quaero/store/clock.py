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


class SystemClock:
    """The machine's time as it was at start, moved on by the monotonic clock: it never jumps or goes back."""

    def __init__(self) -> None:
        self._offset = time.time_ns() - time.monotonic_ns()

    def now_ms(self) -> int:
        return (self._offset + time.monotonic_ns()) // 1_000_000

    def ticks_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000
