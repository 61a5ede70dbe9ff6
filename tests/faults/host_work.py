"""A kind of work for processes on several hosts: so many children, each of which takes its time and is noted."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from quaero.jobs.manager import PlanContext
from quaero.jobs.worker import JobContext
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.document import NewDocument, content_hash
from quaero.models.job import ChildJob, Job, StepLimits
from quaero.models.outcome import LogLevel, Outcome
from tests.crash.judgement import Expected
from tests.crash.worker_process import EFFECT

STEP = "work"
DOCUMENT_EVERY = 10


class CountConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")

    count: int
    lasts_ms: float = 0.0


class CountManager:
    manager_type = "count"
    config_model = CountConfig

    def limits(self, config: CountConfig) -> StepLimits:
        return StepLimits()

    async def create_parent_job(
        self, step: JobStep, definition: JobDefinition, parent_job_id: int, config: Any, context: PlanContext
    ) -> AsyncIterator[ChildJob]:
        for number in range(config.count):
            yield ChildJob(
                "counted", f"child {number}", {"number": number, "lasts_ms": config.lasts_ms}, f"{number}"
            )


class CountWorker:
    """Every tenth child stores a document."""

    worker_type = "counted"

    def validate(self, job: Job) -> None:
        """Everything will do."""

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        context.log(f"{EFFECT} {job.attempt} in process {os.getpid()}", LogLevel.INFO)
        await asyncio.sleep(job.config["lasts_ms"] / 1_000)
        if job.config["number"] % DOCUMENT_EVERY:
            return Outcome()
        url = f"https://example.org/{context.definition.id}/{job.config['number']}"
        return Outcome((NewDocument("test", url, url, job.name, "text", content_hash(job.name, "text")),))

    async def close(self) -> None:
        """There is nothing to close."""


def definition(name: str, count: int, lasts_ms: float) -> str:
    """The text of a definition file."""
    return (
        f'id = "{name}"\nname = "{name}"\n[[steps]]\nname = "{STEP}"\naction = "count"\n'
        f"[steps.config]\ncount = {count}\nlasts_ms = {lasts_ms}\n"
    )


def expected(count: int) -> Expected:
    """How the run of a definition must end."""
    return Expected({STEP: {f"child {number}": "completed" for number in range(count)}})


def install(folder: Path) -> None:
    """Make `folder` one that brings this kind of work when it is on the import path."""
    info = folder / "host_work-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: host-work\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[quaero.managers]\ncount = tests.faults.host_work:CountManager\n"
        "[quaero.workers]\ncounted = tests.faults.host_work:CountWorker\n"
    )
