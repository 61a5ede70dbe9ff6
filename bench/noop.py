"""Jobs that do nothing: a manager that plans them, a worker that counts them, both with the moments that matter."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from pydantic import BaseModel, ConfigDict

from quaero.jobs.worker import JobContext
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import ChildJob, Job, StepLimits
from quaero.models.outcome import Outcome

CHILD_TYPE = "noop_child"


class NoopConfig(BaseModel):
    """How many children the step gets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    count: int


class NoopManager:
    """Plans `count` children. `planned_at` is when the last one was handed over, by `time.perf_counter`."""

    manager_type = "noop"
    config_model = NoopConfig

    def __init__(self) -> None:
        self.planned_at = 0.0

    def limits(self, config: NoopConfig) -> StepLimits:  # noqa: ARG002
        return StepLimits()

    async def create_parent_job(
        self,
        step: JobStep,  # noqa: ARG002
        definition: JobDefinition,  # noqa: ARG002
        parent_job_id: int,  # noqa: ARG002
        config: NoopConfig,
    ) -> AsyncIterator[ChildJob]:
        for number in range(config.count):
            yield ChildJob(CHILD_TYPE, f"child {number}", {})
        self.planned_at = time.perf_counter()


class NoopWorker:
    """Does nothing; after `expect(count)` it tells when so many children had begun, and when the last was stored."""

    worker_type = CHILD_TYPE

    def __init__(self) -> None:
        self.expect(0)

    def expect(self, count: int) -> None:
        """Count from zero up to `count`."""
        self._left = count
        self.began_at = self.stored_at = 0.0
        self.all_stored = asyncio.Event()

    def validate(self, job: Job) -> None:
        pass

    async def execute(self, job: Job, context: JobContext) -> Outcome:  # noqa: ARG002
        self.began_at = time.perf_counter()
        self._left -= 1
        if not self._left:
            context.when_recorded(self._stored)
        return Outcome()

    async def close(self) -> None:
        pass

    def _stored(self) -> None:
        self.stored_at = time.perf_counter()
        self.all_stored.set()


def noop_definition(count: int, **keys: Any) -> JobDefinition:
    """One step with so many children; `keys` are further fields of the definition."""
    step = JobStep("noop", NoopManager.manager_type, {"count": count})
    return JobDefinition(id="noop", name="No-ops", steps=(step,), **keys)
