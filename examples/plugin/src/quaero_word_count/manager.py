"""Plans a `word_count` step: one child job for each file that matches."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from quaero.jobs.manager import PlanContext
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.errors import JobFailure
from quaero.models.job import ChildJob, StepLimits

CHILD_TYPE = "word_count_file"


class WordCountConfig(BaseModel):
    """The config of a `word_count` step. `pattern` is a glob below `folder`; `top`: how many words a document lists."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Annotated[Path, Field(examples=["notes"])]
    pattern: Annotated[str, Field(min_length=1, examples=["**/*.txt"])] = "**/*.txt"
    top: Annotated[int, Field(ge=1, examples=[20])] = 20
    concurrency: Annotated[int, Field(ge=1, examples=[4])] = 4


class WordCountManager:
    manager_type = "word_count"
    config_model: type[BaseModel] = WordCountConfig

    def limits(self, config: WordCountConfig) -> StepLimits:
        return StepLimits(concurrency=config.concurrency)

    async def create_parent_job(
        self,
        step: JobStep,
        definition: JobDefinition,
        parent_job_id: int,
        config: WordCountConfig,
        context: PlanContext,
    ) -> AsyncIterator[ChildJob]:
        if not config.folder.is_dir():
            raise JobFailure("is not a folder", code="no_folder", where=str(config.folder))
        # Sorted, because planning may start over after a crash and must then yield the same order.
        for file in sorted(config.folder.glob(config.pattern)):
            if not file.is_dir():
                path = str(file.absolute())
                yield ChildJob(
                    CHILD_TYPE, str(file.relative_to(config.folder)), {"path": path}, dedupe_key=path
                )
