"""How fast a step gets on."""

from collections import deque

WINDOW_SECONDS = 5.0


class Speed:
    """Children done per second, over the last few seconds."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def seen(self, at: float, done: int) -> float:
        """Note how many are done by now; the speed, 0 until there is something to compare with."""
        self._marks.append((at, done))
        while len(self._marks) > 2 and at - self._marks[1][0] >= WINDOW_SECONDS:
            self._marks.popleft()
        first_at, first_done = self._marks[0]
        return max(done - first_done, 0) / (at - first_at) if at > first_at else 0.0
