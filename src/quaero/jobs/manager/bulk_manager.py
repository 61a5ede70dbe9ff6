"""The bulk step: one child for each batch of the jobs that match a filter."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from quaero.jobs.bulk import ACTION, CHILD_TYPE, check_count
from quaero.jobs.manager import PlanContext
from quaero.jobs.manager.stored_children import stored_children
from quaero.models.bulk import Operation
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import ChildJob, JobKind, JobState, StepLimits
from quaero.store.reads import JobFilter

BATCH = 100
PAGE = 100 * BATCH

Kind = Annotated[JobKind, Field(strict=False)]
State = Annotated[JobState, Field(strict=False)]


class FilterConfig(BaseModel):
    """A `JobFilter` as a table of a definition; every key that is set must hold."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    root_id: int | None = None
    parent_id: int | None = None
    kind: Kind | None = None
    states: list[State] | None = None
    type: str | None = None
    definition_id: str | None = None
    host: str | None = None
    name_part: str | None = None
    error_part: str | None = None
    error_code: str | None = None
    created_before: int | None = None
    created_after: int | None = None
    finished_before: int | None = None
    finished_after: int | None = None
    up_to: int | None = None

    def to_filter(self) -> JobFilter:
        values = dict(self)
        states = values.pop("states")
        return JobFilter(**values, states=None if states is None else tuple(states))


class BulkConfig(BaseModel):
    """The config of a bulk step. `expect`: only if exactly so many jobs match when it is planned."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    operation: Annotated[Operation, Field(strict=False)]
    filter: FilterConfig
    priority: int = 0
    documents: bool = False
    expect: int | None = None


class BulkManager:
    """Plans batches in the order of ids, so that a run comes before what is in it."""

    manager_type = ACTION
    config_model = BulkConfig

    def limits(self, config: BulkConfig) -> StepLimits:
        return StepLimits(concurrency=1)

    async def create_parent_job(
        self,
        step: JobStep,
        definition: JobDefinition,
        parent_job_id: int,
        config: Any,
        context: PlanContext,
    ) -> AsyncIterator[ChildJob]:
        """What an interrupted planning stored comes first: its jobs may no longer match, as they were worked on."""
        store = context.control.store
        last = 0
        async for batch in stored_children(context, parent_job_id):
            yield batch
            last = batch.config["jobs"][-1][0]
        wanted = await _before_the_run(config.filter.to_filter(), context, parent_job_id)
        if not last and config.expect is not None:
            check_count((await store.preview(wanted)).total, config.expect)
        while found := await store.job_states(wanted, after=last, limit=PAGE):
            for start in range(0, len(found), BATCH):
                yield _batch(found[start : start + BATCH])
            last = found[-1][0]


async def _before_the_run(wanted: JobFilter, context: PlanContext, parent_job_id: int) -> JobFilter:
    """Only jobs that are older than the run of this step: not its own, and none that are created meanwhile."""
    run = await context.control.run_of(parent_job_id)
    up_to = run.id - 1 if wanted.up_to is None else min(run.id - 1, wanted.up_to)
    return msgspec.structs.replace(wanted, up_to=up_to)


def _batch(jobs: Sequence[tuple[int, JobState]]) -> ChildJob:
    """Ids, each with the state that it had: a job that is worked on twice can tell."""
    first, last = jobs[0][0], jobs[-1][0]
    name = f"job {first}" if first == last else f"{len(jobs)} jobs, {first} to {last}"
    return ChildJob(CHILD_TYPE, name, {"jobs": [[job_id, str(state)] for job_id, state in jobs]})
