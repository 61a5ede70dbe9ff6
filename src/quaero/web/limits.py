"""How often somebody may do something: so many at once, so many a second from then on."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

MOST_REMEMBERED: Final = 10_000


class Allowance:
    """By address. Remembers those that were heard of last; one that is forgotten starts anew."""

    def __init__(self, burst: float, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._per_second, self._clock = burst, per_second, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, who: str) -> float:
        """Seconds until one more is allowed; 0: now."""
        return max(0.0, (1.0 - self._now_left(who)) / self._per_second)

    def take(self, who: str) -> None:
        """Count one."""
        self._left[who] = (self._now_left(who) - 1.0, self._clock())
        self._left.move_to_end(who)
        if len(self._left) > MOST_REMEMBERED:
            self._left.popitem(last=False)

    def _now_left(self, who: str) -> float:
        if who not in self._left:
            return self._burst
        left, at = self._left[who]
        return min(self._burst, left + (self._clock() - at) * self._per_second)


class Known:
    """Addresses that something holds for; the oldest are forgotten."""

    def __init__(self) -> None:
        self._names: OrderedDict[str, None] = OrderedDict()

    def add(self, who: str) -> None:
        self._names[who] = None
        self._names.move_to_end(who)
        if len(self._names) > MOST_REMEMBERED:
            self._names.popitem(last=False)

    def __contains__(self, who: str) -> bool:
        return who in self._names
