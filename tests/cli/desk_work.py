"""A kind of work for tests with several processes: every job goes to a desk (`tests.cli.desk`) and waits there."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

from pydantic import BaseModel, ConfigDict

from quaero.jobs.manager import PlanContext
from quaero.jobs.worker import JobContext
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.document import NewDocument, content_hash
from quaero.models.errors import JobFailure
from quaero.models.job import ChildJob, Job, StepLimits
from quaero.models.outcome import Outcome


class DeskConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")

    socket: str
    count: int = 1
    concurrency: int | None = None
    host: str = "desk.example"
    type: str = "desk_job"


class DeskManager:
    manager_type = "desk"
    config_model = DeskConfig

    def limits(self, config: DeskConfig) -> StepLimits:
        return StepLimits(config.concurrency)

    async def create_parent_job(
        self, step: JobStep, definition: JobDefinition, parent_job_id: int, config: Any, context: PlanContext
    ) -> AsyncIterator[ChildJob]:
        for number in range(1, config.count + 1):
            yield ChildJob(
                config.type, f"{definition.id} {number}", {"socket": config.socket}, host=config.host
            )


class DeskWorker:
    """Tells the desk its name and process, waits for an answer, and stores a document; fails if that is "fail"."""

    worker_type = "desk_job"

    def validate(self, job: Job) -> None:
        """Everything will do."""

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        reader, writer = await asyncio.open_unix_connection(job.config["socket"])
        try:
            writer.write(f"{os.getpid()} {job.name}\n".encode())
            await writer.drain()
            answer = await reader.readline()
        finally:
            writer.close()
        if answer == b"fail\n":
            raise JobFailure("the desk said no", code="refused")
        url = f"https://desk.example/{job.id}"
        text = f"came of {job.name}"
        return Outcome((NewDocument("desk", url, url, job.name, text, content_hash(job.name, text)),))

    async def close(self) -> None:
        """There is nothing to close."""
