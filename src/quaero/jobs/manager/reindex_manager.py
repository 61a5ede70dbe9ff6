"""The reindex step: one child that builds the search index anew."""

from collections.abc import AsyncIterator
from typing import Any

from pydantic import BaseModel, ConfigDict

from quaero.jobs.manager import PlanContext
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import ChildJob, StepLimits

CHILD_TYPE = "reindex_batch"


class ReindexConfig(BaseModel):
    """The config of a reindex step. `dry_run`: only count what would be indexed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    dry_run: bool = False


class ReindexManager:
    manager_type = "reindex"
    config_model = ReindexConfig

    def limits(self, config: ReindexConfig) -> StepLimits:
        return StepLimits(concurrency=1)

    async def create_parent_job(
        self,
        step: JobStep,
        definition: JobDefinition,
        parent_job_id: int,
        config: Any,
        context: PlanContext,
    ) -> AsyncIterator[ChildJob]:
        yield ChildJob(CHILD_TYPE, "all documents", {"dry_run": config.dry_run})
