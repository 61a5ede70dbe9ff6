"""How far a parent job is, and the one rule by which it ends."""

import math
from dataclasses import dataclass
from typing import Self

from quaero.models.definition import ErrorTolerance, FailureAction, Percent
from quaero.models.job import JobState


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of a parent job's children (or of a run's parent jobs). total = the sum of the others."""

    total: int = 0
    pending: int = 0
    running: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    skipped: int = 0

    @property
    def open(self) -> int:
        return self.pending + self.running

    @property
    def text(self) -> str:
        """The line that people see, in the words that the original promised."""
        return f"{self.pending} pending, {self.running} running, {self.completed} completed, {self.failed} failed"

    @property
    def conserved(self) -> bool:
        """Invariant I1: every child is counted exactly once."""
        closed = self.completed + self.failed + self.cancelled + self.skipped
        counts = (self.pending, self.running, self.completed, self.failed, self.cancelled, self.skipped)
        return self.total == self.open + closed and min(counts) >= 0


@dataclass(frozen=True, slots=True)
class DocumentCounts:
    """What a step or run did to the collection."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    @property
    def total(self) -> int:
        return self.created + self.updated + self.unchanged


@dataclass(frozen=True, slots=True)
class EndRule:
    """The error tolerance of a step, as its parent job carries it.

    It is crossed when `max_failures` children failed, or `max_percent` of them; None: never. `action` is what
    follows: "stop_all" fails the step at once; "mark_warning" and "continue" let it go on, the first with a warning.
    """

    max_failures: int | None = None
    max_percent: int | None = None
    action: FailureAction = "stop_all"

    @classmethod
    def of(cls, tolerance: ErrorTolerance) -> Self:
        limit = tolerance.max_child_failures
        if isinstance(limit, Percent):
            return cls(None, limit.value, tolerance.failure_action)
        return cls(limit or None, None, tolerance.failure_action)


def crossed(progress: Progress, rule: EndRule, *, plan_closed: bool = True) -> bool:
    """True once the failed children reach the rule's limit; asked at every failure, not only at the end.

    A share is not judged before the manager has planned all of its children: it would be a share of too few.
    """
    if rule.max_failures is not None and progress.failed >= rule.max_failures:
        return True
    if rule.max_percent is None or not plan_closed or not progress.failed:
        return False
    return progress.failed * 100 >= rule.max_percent * progress.total


def conclude(progress: Progress, rule: EndRule = EndRule()) -> JobState:
    """The end state of a parent, a pure function of its children and its rule (invariant I20).

    No children: completed. Crossed "stop_all" tolerance, or failures and no success: failed. Only cancelled:
    cancelled.
    """
    if progress.open:
        raise ValueError(f"a parent with {progress.open} open children cannot end")
    stopped = rule.action == "stop_all" and crossed(progress, rule)
    if stopped or (progress.failed and not progress.completed):
        return JobState.FAILED
    if progress.cancelled and not progress.completed:
        return JobState.CANCELLED
    return JobState.COMPLETED


RATE_WINDOW_MS = 10_000


def smoothed_rate(before: float | None, ended: int, elapsed_ms: int) -> float | None:
    """Ended children per second, after `ended` more of them in `elapsed_ms`; `before` is the rate until then.

    An exponential moving average over about ten seconds.
    """
    if elapsed_ms <= 0:
        return before
    lately = ended * 1_000 / elapsed_ms
    if before is None:
        return lately
    return before + (lately - before) * (1 - math.exp(-elapsed_ms / RATE_WINDOW_MS))


def estimate_seconds(progress: Progress, rate: float | None, *, plan_closed: bool) -> float | None:
    """How long the open children will take at this rate; None while nobody can know."""
    if not plan_closed or not rate:
        return None
    return progress.open / rate
