"""Runs of thousands of small jobs, kept going in a process of their own until a file tells it to stop.

`python busy_work.py URL STOP OUT`: works until the file STOP is there, then lets its runs end, and writes to OUT what
it did: the runs, and when the end of each job was recorded, in milliseconds since 1970.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from quaero.jobs.engine import Engine
from quaero.jobs.manager import PlanContext
from quaero.jobs.worker import JobContext
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.document import NewDocument, content_hash
from quaero.models.job import ChildJob, Job, StepLimits
from quaero.models.outcome import Outcome
from quaero.testing import open_test_engine

Done = dict[str, list[int]]
"""`runs`: their ids; `executed`: one number; `recorded`: times."""

JOBS: Final = 2_000
"""Of each run; one in ten stores a document."""

AT_ONCE: Final = 10
SECONDS: Final = 0.02
RUNS_AT_ONCE: Final = 2


class BusyConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BusyManager:
    manager_type = "busy"
    config_model: type[BaseModel] = BusyConfig

    def limits(self, config: BusyConfig) -> StepLimits:
        return StepLimits(concurrency=AT_ONCE)

    async def create_parent_job(
        self, step: JobStep, definition: JobDefinition, parent_job_id: int, config: Any, context: PlanContext
    ) -> AsyncIterator[ChildJob]:
        for number in range(JOBS):
            yield ChildJob("busy_child", f"busy {number}", {"number": number}, f"work {number}")


class BusyWorker:
    """Waits a moment, as for a server; one in ten has found something."""

    worker_type = "busy_child"

    def __init__(self) -> None:
        self.executed, self.recorded = 0, list[int]()

    def validate(self, job: Job) -> None:
        pass

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        await asyncio.sleep(SECONDS)
        self.executed += 1
        context.when_recorded(lambda: self.recorded.append(context.now_ms()))
        return Outcome((_document(job),)) if job.config["number"] % 10 == 0 else Outcome()

    async def close(self) -> None:
        pass


def _document(job: Job) -> NewDocument:
    url = f"https://busy.example.org/{job.root_id}/{job.config['number']}"
    return NewDocument("busy", url, url, job.name, f"found by {url}", content_hash(job.name, url))


def busy_definition() -> JobDefinition:
    return JobDefinition(id="busy", name="Busy", steps=(JobStep("busy", "busy", {}),), overlap=True)


async def _work(url: str, stop: Path) -> Done:
    worker = BusyWorker()
    async with (
        open_test_engine(url, [BusyManager()], [worker]) as engine,
        engine.working(role="worker") as work,
    ):
        going: asyncio.Future[list[list[int]]] = asyncio.gather(
            *(_go_on(engine, stop) for _ in range(RUNS_AT_ONCE))
        )
        failure = asyncio.ensure_future(work.failure())
        either: list[asyncio.Future[Any]] = [going, failure]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if failure.done():
            failure.result()
        failure.cancel()
        runs = [run_id for each in going.result() for run_id in each]
    return {"runs": runs, "executed": [worker.executed], "recorded": worker.recorded}


async def _go_on(engine: Engine, stop: Path) -> list[int]:
    """One run after the other; their ids."""
    runs = []
    while not _is_there(stop):
        runs.append(await engine.control.launch(busy_definition()))
        async for _ in engine.hub.follow(runs[-1]):
            pass
    return runs


def _is_there(file: Path) -> bool:
    return file.exists()


if __name__ == "__main__":
    Path(sys.argv[3]).write_text(json.dumps(asyncio.run(_work(sys.argv[1], Path(sys.argv[2])))), "utf-8")
