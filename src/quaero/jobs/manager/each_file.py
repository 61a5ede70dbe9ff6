"""A ready-made manager: one child for each file of a folder that a pattern names."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from quaero.jobs.folders import files_of
from quaero.jobs.manager import PlanContext
from quaero.jobs.manager.stored_children import stored_children
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import ChildJob, StepLimits

FILE = "file"


class EachFileConfig(BaseModel):
    """The config of a step over files; a manager of yours adds its own keys to it. `pattern`: see `files_of`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    folder: Annotated[str, Field(min_length=1, examples=["notes"])]
    pattern: Annotated[str, Field(min_length=1, examples=["**/*.md"])] = "**/*"
    concurrency: Annotated[int, Field(ge=1, le=64, examples=[4])] = 4


class EachFileManager:
    """Base of managers with one child for each file: a subclass names `manager_type`, `child_type`, `config_model`.

    The child's config is `{"file": path within the folder}`; `file_in` opens the way to it.
    """

    manager_type: str
    child_type: str
    config_model: type[BaseModel] = EachFileConfig

    def limits(self, config: Any) -> StepLimits:
        return StepLimits(concurrency=config.concurrency)

    async def create_parent_job(
        self,
        step: JobStep,
        definition: JobDefinition,
        parent_job_id: int,
        config: Any,
        context: PlanContext,
    ) -> AsyncIterator[ChildJob]:
        async for child in each_file(context, parent_job_id, self.child_type, config.folder, config.pattern):
            yield child


async def each_file(
    context: PlanContext,
    parent_job_id: int,
    child_type: str,
    folder: str,
    pattern: str,
    endings: tuple[str, ...] = ("",),
) -> AsyncIterator[ChildJob]:
    """Children in the order of their paths; an interrupted planning goes on behind the last one that it stored.

    `endings`: only files whose names, in small letters, end with one of these.
    """
    last = ""
    async for child in stored_children(context, parent_job_id):
        yield child
        last = child.config[FILE]
    for name in await asyncio.to_thread(files_of, Path(folder), pattern):
        if name > last and name.lower().endswith(endings):
            yield ChildJob(child_type, name, {FILE: name})
