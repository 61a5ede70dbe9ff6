"""How fast a step gets on."""

from collections import deque
from typing import NamedTuple

WINDOW_SECONDS = 5.0
STEADY_SECONDS = 2.0


class _Mark(NamedTuple):
    at: float
    done: int
    total: int


class Speed:
    """Children done per second, and whether more of them turn up, over the last few seconds."""

    def __init__(self) -> None:
        self._marks: deque[_Mark] = deque()

    def seen(self, at: float, done: int, total: int) -> float:
        """Note how many are done by now, and known; the speed, 0 until there is something to compare with."""
        self._marks.append(_Mark(at, done, total))
        while len(self._marks) > 2 and at - self._marks[1].at >= WINDOW_SECONDS:
            self._marks.popleft()
        first = self._marks[0]
        return max(done - first.done, 0) / (at - first.at) if at > first.at else 0.0

    @property
    def steady(self) -> bool:
        """Whether no more children turned up for a while: then what is left can be estimated."""
        first, last = self._marks[0], self._marks[-1]
        return first.total == last.total and last.at - first.at >= STEADY_SECONDS
