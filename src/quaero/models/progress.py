"""How far a parent job is, and the one rule by which it ends."""

from dataclasses import dataclass

from quaero.models.definition import ErrorTolerance
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
    """When a parent whose children all ended counts as failed.

    `max_failures` is the number of failed children at which it has failed; None: only when nothing succeeded.
    """

    max_failures: int | None = None


def crossed(progress: Progress, rule: EndRule) -> bool:
    """True once the failed children reach the rule's limit; checked at every failure, not only at the end."""
    return rule.max_failures is not None and progress.failed >= rule.max_failures


def conclude(progress: Progress, rule: EndRule = EndRule()) -> JobState:
    """The end state of a parent, a pure function of its children and its rule (invariant I20).

    No children: completed. Crossed tolerance, or failures and no success: failed. Only cancelled: cancelled.
    """
    if progress.open:
        raise ValueError(f"a parent with {progress.open} open children cannot end")
    if crossed(progress, rule) or (progress.failed and not progress.completed):
        return JobState.FAILED
    if progress.cancelled and not progress.completed:
        return JobState.CANCELLED
    return JobState.COMPLETED


def end_rule(tolerance: ErrorTolerance, total: int) -> EndRule:
    """The rule of a step with so many children; only `stop_all` makes failures fail the step before all did."""
    if tolerance.failure_action != "stop_all":
        return EndRule()
    return EndRule(tolerance.failures_that_cross(total))
