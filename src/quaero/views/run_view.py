"""A run and its steps as pages show them: honest counts, speed, what is left, what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from quaero.jobs.summary import together
from quaero.models.job import Job, JobState
from quaero.models.measures import seconds_text
from quaero.models.progress import DocumentCounts, Progress
from quaero.store.job_reads import Step
from quaero.store.reads import LaunchInfo

STEADY_MS = 2_000
"""So long no child may have turned up before what is left can be told."""


@dataclass(frozen=True, slots=True)
class Count:
    """How much is done of what is known. `known`: there will not be more; `over`: it has ended."""

    counts: Progress
    known: bool
    over: bool = False

    @property
    def done(self) -> int:
        return self.counts.total - self.counts.open

    @property
    def text(self) -> str:
        if not self.counts.total:
            return ""
        text = f"{self.done:,} of {self.counts.total:,}"
        return text if self.known else f"{text} known so far"

    @property
    def shares(self) -> list[tuple[str, float]]:
        """The states with their percentage of a bar. What is not over is not full, even when all known is done."""
        whole = self.counts.total if self.over else max(self.counts.total, self.done + 1)
        counts = self.counts
        parts = (
            ("completed", counts.completed + counts.skipped),
            ("failed", counts.failed),
            ("cancelled", counts.cancelled),
            ("running", counts.running),
        )
        return [(state, 100 * number / whole) for state, number in parts if number]


@dataclass(frozen=True, slots=True)
class StepView:
    """A step at `now`. `state`: as shown; a paused run holds its steps, too.

    `rate`: children per second, 0: unknown. `left`: how much longer it takes, in words.
    """

    job: Job
    state: JobState
    count: Count
    documents: DocumentCounts
    rate: float
    left: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class RunView:
    """A run at `now` with its steps in order."""

    job: Job
    steps: tuple[StepView, ...]
    launch: LaunchInfo | None
    count: Count
    rate: float
    left: str
    seconds: float | None

    @property
    def documents(self) -> DocumentCounts:
        counts = [step.documents for step in self.steps]
        return DocumentCounts(
            sum(count.created for count in counts),
            sum(count.updated for count in counts),
            sum(count.unchanged for count in counts),
        )

    @property
    def can_retry(self) -> bool:
        """Whether it has ended, and something in it failed or was cancelled."""
        counts = self.count.counts
        states = {step.job.state for step in self.steps}
        not_done = counts.failed or counts.cancelled or states & {JobState.FAILED, JobState.CANCELLED}
        return self.job.state.final and bool(not_done)

    @property
    def growing(self) -> bool:
        """Whether it may be known later how much there is to do, without anything else happening."""
        return any(step.state is JobState.RUNNING and not step.count.known for step in self.steps)


def run_view(run: Job, steps: Sequence[Step], launch: LaunchInfo | None, now: int) -> RunView:
    """`now`: milliseconds since 1970."""
    views = tuple(step_view(step, run, now) for step in steps)
    known = run.state.final or all(view.count.known for view in views)
    still_open = [view for view in views if not view.state.final]
    return RunView(
        run,
        views,
        launch,
        Count(together([view.count.counts for view in views]), known, run.state.final),
        sum(view.rate for view in still_open),
        still_open[0].left if len(still_open) == 1 else "",
        _seconds(run, now),
    )


def step_view(step: Step, run: Job, now: int) -> StepView:
    """A step of the run as it is at `now`, in milliseconds since 1970."""
    job, progress = step.job, step.progress
    counts, state = progress.counts, job.state
    held = run.state is JobState.PAUSED and state is JobState.RUNNING and not counts.running
    steady = step.last_child_at is None or now - step.last_child_at >= STEADY_MS
    # What has not begun is not planned: nobody can tell how much it will be.
    known = state.final or (state is not JobState.WAITING and progress.plan_closed and steady)
    return StepView(
        job,
        JobState.PAUSED if held else state,
        Count(counts, known, state.final),
        progress.documents,
        0.0 if held else _rate(step, now),
        "" if held or state.final else _left(progress.estimate_seconds, known=known),
        _seconds(job, now),
    )


def _rate(step: Step, now: int) -> float:
    """The speed of late, or of a step that has ended its average."""
    job, counts = step.job, step.progress.counts
    if job.state.final and job.started_at is not None:
        return counts.completed * 1000 / max((job.finished_at or now) - job.started_at, 1)
    return step.progress.rate or 0.0


def _left(seconds: float | None, *, known: bool) -> str:
    if not seconds:
        return ""
    return f"about {seconds_text(seconds)} {'left' if known else 'for those known now'}"


def _seconds(job: Job, now: int) -> float | None:
    """From its start to its end, or to now; None: it has not begun."""
    return None if job.started_at is None else max((job.finished_at or now) - job.started_at, 0) / 1000
