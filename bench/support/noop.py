"""Jobs that do nothing: a manager that plans them and a worker that counts them, both with the moments that matter.

All moments are by `time.perf_counter`.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from quaero.jobs.engine import Engine, StoredCollection
from quaero.jobs.manager import PlanContext
from quaero.jobs.worker import JobContext
from quaero.jobs.worker.executor import PLAN_CHUNK
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import ChildJob, Job, StepLimits
from quaero.models.outcome import Outcome
from quaero.testing import open_test_engine

CHILD_TYPE = "noop_child"
LEASE_MS = 60_000


class NoopConfig(BaseModel):
    """How many children the step gets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    count: int


class NoopManager:
    """Plans `count` children. `planned_at` is when the last one was handed over, before any of it was stored."""

    manager_type = "noop"
    config_model: type[BaseModel] = NoopConfig

    def __init__(self) -> None:
        self.planned_at = 0.0

    def limits(self, config: NoopConfig) -> StepLimits:
        return StepLimits()

    async def create_parent_job(
        self,
        step: JobStep,
        definition: JobDefinition,
        parent_job_id: int,
        config: NoopConfig,
        context: PlanContext,
    ) -> AsyncIterator[ChildJob]:
        for number in range(config.count):
            yield ChildJob(CHILD_TYPE, f"child {number}", {})
        self.planned_at = time.perf_counter()


class NoopWorker:
    """Does nothing. After `expect(count)` it tells when the last of so many children began and when it was stored."""

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

    async def execute(self, job: Job, context: JobContext) -> Outcome:
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


def noop_definition(count: int) -> JobDefinition:
    """One step with so many children."""
    return JobDefinition(
        id="noop", name="No-ops", steps=(JobStep("noop", NoopManager.manager_type, {"count": count}),)
    )


@dataclass(frozen=True, slots=True)
class NoopBench:
    """An engine with a manager and a worker of no-ops."""

    engine: Engine
    manager: NoopManager
    worker: NoopWorker

    async def launch(self, children: int) -> int:
        """Start a run of so many children; its id. Nothing of it is executed unless the engine works."""
        self.worker.expect(children)
        return await self.engine.control.launch(noop_definition(children))

    async def plan(self, children: int) -> None:
        """Plan the launched run, as the processor would, while nothing else runs."""
        store, definition, config = self.engine.store, noop_definition(children), NoopConfig(count=children)
        [parent] = (await store.claim([NoopManager.manager_type], 1, LEASE_MS)).jobs
        await store.begin_plan(parent, self.manager.limits(config))
        context = PlanContext(StoredCollection(store), self.engine.control)
        step = definition.steps[0]
        chunk: list[ChildJob] = []
        async for child in self.manager.create_parent_job(step, definition, parent.id, config, context):
            chunk.append(child)
            if len(chunk) == PLAN_CHUNK:
                await store.add_planned(parent, chunk, last=False)
                chunk = []
        await store.add_planned(parent, chunk, last=True)

    async def completed(self, run_id: int) -> float:
        """Wait for the end of a run whose children are expected; the moment at which it was seen."""
        await self.worker.all_stored.wait()
        changed = asyncio.Event()
        forget = self.engine.store.on_change(lambda _: changed.set())
        try:
            while not (await self.engine.store.job(run_id)).state.final:
                await changed.wait()
                changed.clear()
            return time.perf_counter()
        finally:
            forget()


@asynccontextmanager
async def open_noop_bench(database: Path | str) -> AsyncIterator[NoopBench]:
    """A bench over a database: the file of one, or its URL."""
    manager, worker = NoopManager(), NoopWorker()
    async with open_test_engine(database, [manager], [worker]) as engine:
        yield NoopBench(engine, manager, worker)
