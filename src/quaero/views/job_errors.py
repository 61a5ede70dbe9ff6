"""Why jobs failed, grouped by step and code."""

from collections.abc import Iterator

from quaero.jobs.engine import Engine
from quaero.models.job import Job, JobKind, JobState
from quaero.store.reads import ErrorGroup
from quaero.views.job_shapes import ErrorShape, error_json


class StepErrorShape(ErrorShape):
    """The same with the id of the step."""

    step_id: str


async def errors_of(engine: Engine, job_id: int) -> list[StepErrorShape]:
    """The failed jobs at and below a job in groups, those of a step together, the largest first."""
    job = await engine.store.job(job_id)
    if job.kind is not JobKind.CHILD:
        summary = await engine.control.summary(job.root_id)
        found = [(step.job, step.errors) for step in summary.steps if job_id in (step.job.id, job.root_id)]
        return [_shape(step, group) for step, groups in found for group in groups]
    assert job.parent_id is not None  # noqa: S101 - a child has one
    step = await engine.store.job(job.parent_id)
    return [_shape(step, group) for group in _own(job)]


def _own(job: Job) -> Iterator[ErrorGroup]:
    if job.state is JobState.FAILED:
        yield ErrorGroup(job.error_code or "failed", 1, job)


def _shape(step: Job, group: ErrorGroup) -> StepErrorShape:
    return {**error_json(step, group), "step_id": str(step.id)}
