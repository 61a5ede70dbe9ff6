"""A kind of work for tests with many jobs: a tree of numbered children, each of which leaves one document.

The planned children are 1 to 10; child n asks for 10 n + 1 to 10 n + 10, so that each number up to `count` comes once.
"""

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
from tests.crash.worker_process import EFFECT

FAN_OUT = 10


class TreeConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")

    count: int
    work_ms: int


class TreeManager:
    manager_type = "tree"
    config_model = TreeConfig

    def limits(self, config: TreeConfig) -> StepLimits:
        return StepLimits()

    async def create_parent_job(
        self, step: JobStep, definition: JobDefinition, parent_job_id: int, config: Any, context: PlanContext
    ) -> AsyncIterator[ChildJob]:
        for number in numbers_below(0, config.count):
            yield ChildJob("tree_job", str(number), config.model_dump(), str(number))


class TreeWorker:
    """Takes `work_ms`, asks for the children below its number, and leaves a document and a line of each execution."""

    worker_type = "tree_job"

    def validate(self, job: Job) -> None:
        """Everything will do."""

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        context.log(f"{EFFECT} {job.attempt} in process {os.getpid()}", LogLevel.INFO)
        await asyncio.sleep(job.config["work_ms"] / 1_000)
        for number in numbers_below(int(job.name), job.config["count"]):
            name = str(number)
            context.spawner.spawn_child_job(job, "tree_job", name, job.config, dedupe_key=name)
        url = f"https://tree.example/{job.root_id}/{job.name}"
        text = f"left by {job.name}"
        return Outcome((NewDocument("tree", url, url, job.name, text, content_hash(job.name, text)),))

    async def close(self) -> None:
        """There is nothing to close."""


def numbers_below(number: int, count: int) -> range:
    """The numbers of the children of a child; those of 0 are planned."""
    first = number * FAN_OUT + 1
    return range(first, min(first + FAN_OUT, count + 1))


def install(folder: Path) -> None:
    """Make `folder` one that brings this work when it is on the import path."""
    info = folder / "tree_work-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tree-work\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[quaero.managers]\ntree = tests.cli.tree_work:TreeManager\n"
        "[quaero.workers]\ntree_job = tests.cli.tree_work:TreeWorker\n"
    )
