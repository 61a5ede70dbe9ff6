"""What a fault did to the rate: before, during, after, and how soon it was back."""

from dataclasses import dataclass
from statistics import fmean
from typing import Final

import psycopg

WINDOW_SECONDS: Final = 5
"""A rate counts as reached when it is held for so long on average."""

WITHIN_SECONDS: Final = 30
NEEDED: Final = 0.95
_ENDS_TOLD: Final = """
SELECT count(*) FROM events JOIN jobs ON id = job_id
WHERE kind = 'child' AND events.type = 'job_status_change' AND data::json->>'after' = 'completed'
"""
_PROGRESS: Final = """
SELECT coalesce(sum(completed), 0)::bigint FROM progress JOIN jobs ON id = job_id WHERE kind = 'parent'
"""
_SPARKS: Final = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Course:
    """Children ended in each second; the fault lasts from `began` to `ended`, both in seconds from the start.

    `warm`: the first second that counts as before.
    """

    rates: tuple[int, ...]
    warm: float
    began: float
    ended: float

    @property
    def before(self) -> float:
        return fmean(self.rates[int(self.warm) + 1 : int(self.began)] or [0])

    @property
    def during(self) -> float:
        """The share of the rate before; the second in which the fault began is part of it."""
        return self._share(fmean(self.rates[int(self.began) : int(self.ended) + 1]))

    @property
    def after(self) -> float:
        """The mean of all the seconds after the end of the fault that are looked at, as a share."""
        first = int(self.ended) + 1
        return self._share(fmean(self.rates[first : first + WITHIN_SECONDS] or [0]))

    @property
    def reached(self) -> float:
        """The highest share that was held within the time after the end of the fault."""
        first = int(self.ended) + 1
        last = min(first + WITHIN_SECONDS, len(self.rates)) - WINDOW_SECONDS
        return max((self._share(self._window(second)) for second in range(first, last + 1)), default=0.0)

    @property
    def seconds_to_recover(self) -> float | None:
        """From the end of the fault until the rate is back, and held for a while; None: it is not."""
        for second in range(int(self.ended), len(self.rates) - WINDOW_SECONDS + 1):
            back = self.rates[second] >= NEEDED * self.before
            if back and self._share(self._window(second)) >= NEEDED:
                return max(0.0, second - self.ended)
        return None

    @property
    def line(self) -> str:
        """The rates as a line of blocks."""
        most = max(self.rates, default=0) or 1
        return "".join(_SPARKS[-(-rate * (len(_SPARKS) - 1) // most)] for rate in self.rates)

    def _window(self, second: int) -> float:
        return fmean(self.rates[second : second + WINDOW_SECONDS])

    def _share(self, rate: float) -> float:
        return rate / self.before if self.before else 0.0


def ended_by_second(url: str, start_ms: int, seconds: int) -> tuple[int, ...]:
    """How many children ended in each second after the start, by the server's clock."""
    with psycopg.connect(url, autocommit=True) as connection:
        counts = connection.execute(
            "SELECT (finished_at - %s::bigint) / 1000, count(*) FROM jobs"
            " WHERE kind = 'child' AND finished_at >= %s::bigint GROUP BY 1",
            [start_ms, start_ms],
        ).fetchall()
    by_second = {int(second): int(count) for second, count in counts}
    return tuple(by_second.get(second, 0) for second in range(seconds))


def wrong(url: str, children: int) -> list[str]:
    """What is not as it should be after all runs have ended: every child there, completed once, told of once."""
    questions = (
        ("children", "SELECT count(*) FROM jobs WHERE kind = 'child'", children),
        ("completed", "SELECT count(*) FROM jobs WHERE kind = 'child' AND state = 'completed'", children),
        ("runs not completed", "SELECT count(*) FROM jobs WHERE kind = 'run' AND state <> 'completed'", 0),
        ("ends of children told", _ENDS_TOLD, children),
        ("progress", _PROGRESS, children),
    )
    found = []
    with psycopg.connect(url, autocommit=True) as connection:
        for what, question, expected in questions:
            [(count,)] = connection.execute(question.encode()).fetchall()
            if count != expected:
                found.append(f"{what}: {count} instead of {expected}")
    return found


def begun_anew(url: str) -> int:
    """How many children lost a worker while they ran, and were executed once more."""
    with psycopg.connect(url, autocommit=True) as connection:
        [(count,)] = connection.execute(
            "SELECT count(*) FROM jobs WHERE kind = 'child' AND lost_leases > 0"
        ).fetchall()
        return int(count)
