"""The planned times of the coming week, day by day."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Final

from quaero.web.local_times import in_zone

DAYS: Final = 7
MOST_COUNTED: Final = 500
SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class DayTimes:
    """The first times of a day, as the clock shows them, and how many more; `uncounted`: at least so many."""

    shown: tuple[str, ...]
    more: int
    uncounted: bool

    def __bool__(self) -> bool:
        return bool(self.shown) or self.uncounted


def times_by_day(moments: Iterable[int], now_ms: int, zone: str) -> list[DayTimes]:
    """Today and the days after, by the clock of `zone`, of the moments of one schedule from now on."""
    first = in_zone(now_ms, zone).date()
    clock = (in_zone(moment, zone) for moment in moments)
    soon = list(islice(takewhile(lambda there: (there.date() - first).days < DAYS, clock), MOST_COUNTED))
    by_day: list[list[str]] = [[] for _ in range(DAYS)]
    for there in soon:
        by_day[(there.date() - first).days].append(f"{there:%H:%M}")
    cut_on = (soon[-1].date() - first).days if len(soon) == MOST_COUNTED else DAYS
    return [
        DayTimes(tuple(found[:SHOWN]), max(len(found) - SHOWN, 0), uncounted=day >= cut_on)
        for day, found in enumerate(by_day)
    ]
