"""A worker and a manager that break their own rules; `python -m tests.jobs.careless PATH` runs both as they leave."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

from quaero.jobs.manager import PlanContext
from quaero.jobs.worker import JobContext
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import ChildJob, Job
from quaero.models.outcome import Outcome
from quaero.testing import open_test_engine, run_to_end
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step

Act = Callable[[], Any]


class Panic(BaseException):
    """As libraries that are not written in Python raise it."""


def panic() -> Any:
    raise Panic("out of bounds")


def leave() -> Any:
    sys.exit(3)


class CarelessWorker(ScriptWorker):
    """Does for a job that is called "careless" what it is given."""

    def __init__(self, act: Act) -> None:
        super().__init__()
        self._act = act

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        if job.name != "careless":
            return await super().execute(job, context)
        if job.config.get("spawns"):
            context.spawner.spawn_child_job(job, "scripted", "first of two", {})
            context.spawner.spawn_child_job(job, "scripted", "second of two", {"what": self._act})
        outcome: Outcome = self._act()
        return outcome


class CarelessManager(ScriptManager):
    """Does what it is given instead of planning the steps that are called "careless"."""

    def __init__(self, act: Act) -> None:
        self._act = act

    async def create_parent_job(
        self, step: JobStep, definition: JobDefinition, parent_job_id: int, config: Any, context: PlanContext
    ) -> AsyncIterator[ChildJob]:
        if step.name == "careless":
            yield self._act()
        async for child in super().create_parent_job(step, definition, parent_job_id, config, context):
            yield child


async def both_leave(database: str) -> str:
    """The states of the steps and the number of completed children."""
    async with open_test_engine(database, [CarelessManager(leave)], [CarelessWorker(leave)]) as engine:
        first = script_step("careless", on_error="continue")
        second = script_step("fine", children=[{"name": "careless"}, {"name": "fine"}])
        summary = await run_to_end(engine, script_definition(first, second))
    states = [str(step.job.state) for step in summary.steps]
    return f"{' '.join(states)} {summary.children.completed}"


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(both_leave(sys.argv[1])))
