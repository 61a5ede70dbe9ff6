"""A small simulation by events: cores that work in turn, locks, and a log that many commits are written to at once."""

import heapq
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

Then = Callable[[], None]


class Time:
    """Calls functions at their moments, in seconds from 0."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Then]] = []
        self._order = itertools.count()

    def after(self, seconds: float, then: Then) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._order), then))

    def run_until(self, end: float) -> None:
        while self._events and self._events[0][0] <= end:
            self.now, _, then = heapq.heappop(self._events)
            then()
        self.now = end


@dataclass(slots=True)
class Cores:
    """So many cores; work waits for a free one in the order in which it came. `busy`: seconds of work done."""

    time: Time
    free: int
    busy: float = 0.0
    _waiting: deque[tuple[float, Then]] = field(default_factory=deque)

    def work(self, seconds: float, then: Then) -> None:
        if self.free:
            self.free -= 1
            self._start(seconds, then)
        else:
            self._waiting.append((seconds, then))

    def _start(self, seconds: float, then: Then) -> None:
        self.busy += seconds

        def end() -> None:
            if self._waiting:
                self._start(*self._waiting.popleft())
            else:
                self.free += 1
            then()

        self.time.after(seconds, end)


@dataclass(slots=True)
class Lock:
    """One holder at a time, the others in the order in which they came."""

    taken: bool = False
    _waiting: deque[Then] = field(default_factory=deque)

    def take(self, then: Then) -> None:
        if self.taken:
            self._waiting.append(then)
        else:
            self.taken = True
            then()

    def release(self) -> None:
        if self._waiting:
            self._waiting.popleft()()
        else:
            self.taken = False


@dataclass(slots=True)
class Log:
    """A write to the disk takes `seconds`, and one more for so many `bytes_a_second`; all commits that waited for its
    start are in it. `writes`: how many there were; `busy`: seconds of writing."""

    time: Time
    seconds: float
    bytes_a_second: float
    writes: int = 0
    busy: float = 0.0
    _busy: bool = False
    _waiting: list[Then] = field(default_factory=list)
    _bytes: float = 0.0

    def commit(self, size: float, then: Then) -> None:
        self._waiting.append(then)
        self._bytes += size
        if not self._busy:
            self._write()

    def _write(self) -> None:
        self._busy, group, self._waiting = True, self._waiting, []
        self.writes += 1
        seconds, self._bytes = self.seconds + self._bytes / self.bytes_a_second, 0.0
        self.busy += seconds

        def end() -> None:
            self._busy = False
            for then in group:
                then()
            if self._waiting and not self._busy:
                self._write()

        self.time.after(seconds, end)
