"""Figures of repeated rounds: the median with its range, and the one object that `--json` prints."""

import json
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

Measure = Callable[[], Mapping[str, float]]
"""One round of one contestant: figures by a name that says what and in which unit."""

_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Figure:
    """What the rounds of one figure gave."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)

    def __str__(self) -> str:
        if len(self.values) == 1:
            return short(self.median)
        return f"{short(self.median)} ({short(min(self.values))} - {short(max(self.values))})"


def interleaved(rounds: int, measures: Sequence[Measure]) -> dict[str, Figure]:
    """Run all measures in turn, `rounds` times: whatever else the machine does meets them alike.

    Each is told on standard error as it comes: a long run that is cut off has not been for nothing.
    """
    values: defaultdict[str, list[float]] = defaultdict(list)
    for number in range(1, rounds + 1):
        for measure in measures:
            figures = measure()
            for name, value in figures.items():
                values[name].append(value)
            told = ", ".join(f"{name} {short(value)}" for name, value in figures.items())
            print(f"round {number} of {rounds}: {told}", file=sys.stderr, flush=True)
    return {name: Figure(tuple(seen)) for name, seen in values.items()}


def ratio_of_best(figures: Mapping[str, Figure], ours: str, other: str) -> Figure:
    """Our highest value over the other's highest.

    A limit is what was reached once: medians would flatter us whenever the machine was busy in the other's turns.
    """
    return Figure((max(figures[ours].values) / max(figures[other].values),))


def ratio_of_medians(figures: Mapping[str, Figure], ours: str, other: str) -> Figure:
    """Our usual value over the other's."""
    return Figure((figures[ours].median / figures[other].median,))


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def wait_figures(name: str, milliseconds: Sequence[float]) -> dict[str, float]:
    """The usual and the slow case of some waits."""
    return {
        f"{name}_p50_milliseconds": percentile(milliseconds, 50),
        f"{name}_p99_milliseconds": percentile(milliseconds, 99),
    }


def print_figures(figures: Mapping[str, Figure], *, as_json: bool) -> None:
    """A table of medians with their ranges for people, or one JSON object of medians for programs."""
    if as_json:
        print(json.dumps({name: _rounded(figure.median) for name, figure in figures.items()}, indent=2))
        return
    width = max(map(len, figures))
    for name, figure in figures.items():
        print(f"{name:<{width}}  {figure}")


def short(value: float) -> str:
    """Four digits, with thousands apart."""
    return f"{_rounded(value):,}"


def _rounded(value: float) -> float | int:
    if abs(value) >= 10 ** (_DIGITS - 1):
        return round(value)
    return float(f"{value:.{_DIGITS}g}")
