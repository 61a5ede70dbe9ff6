"""A server in a process of its own, on the store that it is told, that does what its input says.

Each line of the input is a call of a method of `Desk` as JSON, `["tick", 10, 0.1]`; each is answered by a line.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from quaero.jobs.engine import Engine
from quaero.jobs.manager import PlanContext
from quaero.jobs.worker import JobContext
from quaero.models.definition import ErrorTolerance, JobDefinition, JobStep
from quaero.models.document import NewDocument, content_hash
from quaero.models.errors import JobFailure
from quaero.models.job import ChildJob, Job, StepLimits
from quaero.models.outcome import Outcome
from quaero.settings import Settings, WebSettings, database_url
from quaero.testing import open_test_engine
from quaero.web.server import serving

FAILED_EVERY = 50
TEXT = "Some words of a page that is about this and that. " * 40


class FillConfig(BaseModel):
    """`count` children of a run; the first `documents` of them leave one each, and one of fifty fails."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    count: int = 0
    documents: int = 0


class FillManager:
    manager_type = "fill"
    config_model: type[BaseModel] = FillConfig

    def limits(self, config: FillConfig) -> StepLimits:
        return StepLimits()

    async def create_parent_job(
        self, step: JobStep, definition: JobDefinition, parent_job_id: int, config: Any, context: PlanContext
    ) -> AsyncIterator[ChildJob]:
        for number in range(config.count):
            leaves = number < config.documents
            yield ChildJob("fill_child", f"https://site.example/{number}", {"leaves": leaves}, None)


class FillWorker:
    worker_type = "fill_child"

    def validate(self, job: Job) -> None:
        """Everything will do."""

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        if job.config["leaves"]:
            text = f"{job.name}\n\n{TEXT}"
            url = f"{job.name}?{job.id}"
            return Outcome((NewDocument("web", url, url, f"Page {job.id}", text, content_hash(url, text)),))
        if job.id % FAILED_EVERY == 0:
            raise JobFailure("the server did not answer", code="timeout")
        return Outcome()

    async def close(self) -> None:
        """There is nothing to close."""


class Desk:
    """What the input can ask for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def tick(self, count: int, pause: float) -> list[tuple[int, float]]:
        """So many runs of no children, one after the other: each with the time when its launch was durable."""
        told = []
        for _ in range(count):
            run_id = await self._launch(FillConfig())
            told.append((run_id, time.time()))
            await asyncio.sleep(pause)
        return told

    async def fill(self, count: int, documents: int) -> int:
        """A run of so many children; its id when it has ended."""
        run_id = await self._launch(FillConfig(count=count, documents=documents))
        async for _ in self._engine.hub.follow(run_id):
            pass
        return run_id

    async def begin(self, count: int) -> int:
        """Start a run of so many children; its id."""
        return await self._launch(FillConfig(count=count))

    async def megabytes(self) -> float:
        """Memory that this process holds now."""
        return _held_megabytes()

    async def _launch(self, config: FillConfig) -> int:
        step = JobStep("fill", "fill", config.model_dump())
        definition = JobDefinition(
            "fill", "Filling", steps=(step,), overlap=True, error_tolerance=ErrorTolerance()
        )
        return await self._engine.control.launch(definition)


def _held_megabytes() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not tell the memory of a process")


async def main(database: str) -> None:
    settings = Settings(database_url(database, Path.cwd()), web=WebSettings(port=0, token="bench"))  # noqa: S106
    async with (
        open_test_engine(database, [FillManager()], [FillWorker()]) as engine,
        engine.working(role="server"),
        serving(engine, settings, Path("unused")) as served,
    ):
        desk = Desk(engine)
        print(served.url.rstrip("/"), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            name, *arguments = json.loads(line)
            print(json.dumps(await getattr(desk, name)(*arguments)), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
