"""A run at a glance, in the shape that people and programs get."""

from collections.abc import Sequence
from dataclasses import dataclass

from quaero.jobs.spending import ModelUsage, usage_of_step
from quaero.models.job import Job, JobKind, JobState
from quaero.models.progress import DocumentCounts, Progress
from quaero.store.reads import ErrorGroup, JobFilter, ParentProgress
from quaero.store.store import Store

MOST_STEPS = 1_000
"""More than a definition can have."""


@dataclass(frozen=True, slots=True)
class StepSummary:
    """One parent job with the counts of its children, and its failed children in groups.

    `usage`: what it has spent on language models; None: nothing.
    """

    job: Job
    progress: ParentProgress
    errors: tuple[ErrorGroup, ...]
    usage: ModelUsage | None = None


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run with its steps in order."""

    job: Job
    definition_id: str
    steps: tuple[StepSummary, ...]

    @property
    def documents(self) -> DocumentCounts:
        counts = [step.progress.documents for step in self.steps]
        return DocumentCounts(
            sum(count.created for count in counts),
            sum(count.updated for count in counts),
            sum(count.unchanged for count in counts),
        )

    @property
    def children(self) -> Progress:
        """The counts of all steps' children together."""
        return together([step.progress.counts for step in self.steps])

    def duration_seconds(self, now_ms: int) -> float:
        """From the run's start to its end, or to now; 0 for one that never started."""
        end = self.job.finished_at or now_ms
        return (end - (self.job.started_at or end)) / 1000


async def summarise(store: Store, run_id: int) -> RunSummary:
    """The summary of a run; `NotFoundError` when there is none of this id."""
    run = await store.job(run_id)
    info = await store.run(run_id)
    page = await store.jobs(
        JobFilter(parent_id=run_id, kind=JobKind.PARENT), limit=len(info.definition.steps), oldest_first=True
    )
    steps = [await _step(store, job) for job in page.items]
    return RunSummary(run, info.definition.id, tuple(steps))


def together(counts: Sequence[Progress]) -> Progress:
    """The sum of the counts."""
    return Progress(
        sum(count.total for count in counts),
        sum(count.pending for count in counts),
        sum(count.running for count in counts),
        sum(count.completed for count in counts),
        sum(count.failed for count in counts),
        sum(count.cancelled for count in counts),
        sum(count.skipped for count in counts),
    )


async def _step(store: Store, job: Job) -> StepSummary:
    progress = await store.progress(job.id)
    errors = await store.errors(job.id) if progress.counts.failed else ()
    if not errors and job.state is JobState.FAILED:
        errors = (ErrorGroup(job.error_code or "failed", 1, job),)
    return StepSummary(job, progress, errors, await usage_of_step(store, job))
