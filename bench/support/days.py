"""A whole day of runs on databases that do so many jobs a second: exact, but without batches and commits."""

import bisect
import heapq
import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from support.figures import percentile
from support.lines import Points
from support.sharding import Sizes, shard

DAY: Final = 86_400.0
PEAK: Final = 3.0
"""The busiest moment of the day over its average."""
NIGHT: Final = 0.4
PEAK_HOUR: Final = 14.0
LOOK: Final = 300.0
DAILY: Final = Sizes(100.0, 1.1, 5_000_000.0)
SMALL: Final = 1_000

_WIDTH: Final = (1 - NIGHT) * 24 / (PEAK - NIGHT) / math.sqrt(math.pi)
"""Hours of the peak: so that the average of the day is 1."""

Wait = tuple[float, float, int]
"""Seconds until the claim, how many jobs this one stands for, jobs of its run."""


def intensity(moment: float) -> float:
    """The rate at a moment of the day over the average of the day."""
    return NIGHT + (PEAK - NIGHT) * math.exp(-(((moment / 3_600 - PEAK_HOUR) / _WIDTH) ** 2))


class Shares:
    """A database: all runs that have jobs get equal shares of its rate, but each no more than `most`.

    As all get the same, one number tells everything: how many jobs a run has been given that was there all the time.
    """

    def __init__(self, rate: float, most: float) -> None:
        self._rate, self._most = rate, most
        self._now = self._given = self._sum_of_ends = 0.0
        self._ends: list[tuple[float, float, int]] = []
        self._times, self._gifts = [0.0], [0.0]
        self._runs: list[tuple[float, float, int]] = []
        self.slowness: list[float] = []

    @property
    def queue(self) -> float:
        """Jobs that wait."""
        return self._sum_of_ends - len(self._ends) * self._given

    def add(self, jobs: int) -> None:
        end = self._given + jobs
        heapq.heappush(self._ends, (end, self._now, jobs))
        self._sum_of_ends += end
        self._runs.append((self._now, self._given, jobs))

    def go_to(self, moment: float) -> None:
        while self._ends:
            share = min(self._most, self._rate / len(self._ends))
            end = self._now + (self._ends[0][0] - self._given) / share
            if end > moment:
                self._note(moment, self._given + (moment - self._now) * share)
                return
            self._note(end, self._ends[0][0])
            gift, began, jobs = heapq.heappop(self._ends)
            self._sum_of_ends -= gift
            self.slowness.append((end - began) / (jobs / self._most))
        self._note(moment, self._given)

    def waits(self, samples: int) -> Iterator[Wait]:
        """Of some jobs of each run, after everything is done."""
        for began, given, jobs in self._runs:
            count = min(samples, jobs)
            for number in range(count):
                moment = self._when(given + jobs * (number + 0.5) / count)
                yield max(0.0, moment - began), jobs / count, jobs

    def _note(self, moment: float, given: float) -> None:
        self._now, self._given = moment, given
        if len(self._gifts) > 1 and given == self._gifts[-1] == self._gifts[-2]:
            self._times[-1] = moment  # it goes on being idle
        else:
            self._times.append(moment)
            self._gifts.append(given)

    def _when(self, given: float) -> float:
        """When the run that was there all the time had been given so many."""
        place = bisect.bisect_left(self._gifts, given)
        low, high = self._gifts[place - 1], self._gifts[place]
        share = (given - low) / (high - low)
        return self._times[place - 1] + (self._times[place] - self._times[place - 1]) * share


@dataclass(frozen=True, slots=True)
class Day:
    """`small`: waits of jobs of runs of up to a thousand, in seconds; `slow`: the time of runs over that of one alone.

    `queue`: jobs that waited, by hours.
    """

    small_p50: float
    small_p99: float
    all_p50: float
    all_p99: float
    slow_p50: float
    slow_p99: float
    most_waiting: float
    left: float
    queue: Points


def day(databases: int, rate: float, most: float, jobs: float, seed: int = 1) -> Day:
    """A day of about so many jobs: few at night, three times the average at the peak."""
    parts = [Shares(rate, most) for _ in range(databases)]
    queue: list[tuple[float, float]] = []

    def look_until(moment: float) -> None:
        while len(queue) * LOOK <= moment:
            for part in parts:
                part.go_to(len(queue) * LOOK)
            queue.append((len(queue) * LOOK / 3_600, sum(part.queue for part in parts)))

    for run_id, (moment, size) in enumerate(_arrivals(jobs, seed), 1):
        look_until(moment)
        part = parts[shard(run_id, databases)]
        part.go_to(moment)
        part.add(size)
    look_until(DAY)
    left = queue[-1][1]
    for part in parts:
        part.go_to(100 * DAY)  # what is left is done, so that its waits are known
    waits = [wait for part in parts for wait in part.waits(3)]
    small = [wait for wait in waits if wait[2] <= SMALL]
    slow = [each for part in parts for each in part.slowness]
    return Day(
        *_weighted(small), *_weighted(waits), percentile(slow, 50), percentile(slow, 99),
        max(waiting for _, waiting in queue), max(0.0, left), queue,
    )  # fmt: skip


def _arrivals(jobs: float, seed: int) -> Iterator[tuple[float, int]]:
    chance = random.Random(seed)
    runs_a_second, moment = jobs / DAY / DAILY.mean, 0.0
    while True:
        moment += chance.expovariate(runs_a_second * PEAK)
        if moment >= DAY:
            return
        if chance.random() < intensity(moment) / PEAK:
            yield moment, DAILY.draw(chance)


def _weighted(waits: Sequence[Wait]) -> tuple[float, float]:
    """What half of the jobs, and what 99 of 100, did not exceed."""
    ordered = sorted(waits)
    sums = list(itertools.accumulate(weight for _, weight, _ in ordered))
    half, most = (ordered[bisect.bisect_left(sums, sums[-1] * share)][0] for share in (0.5, 0.99))
    return half, most
