"""A ready-made manager: one child, whose worker does the whole step."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from quaero.jobs.manager import PlanContext
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import ChildJob, StepLimits


class NoConfig(BaseModel):
    """The config of a step that has nothing to say."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class OneChildManager:
    """Base of managers with one child: a subclass names `manager_type`, `child_type` and perhaps `config_model`.

    The child is called as the step is. Its worker finds the step's config in its context.
    """

    manager_type: str
    child_type: str
    config_model: type[BaseModel] = NoConfig

    def limits(self, config: Any) -> StepLimits:
        return StepLimits(concurrency=1)

    def child_config(self, config: Any) -> Mapping[str, Any]:
        """What the child's own config is, as JSON values."""
        return {}

    async def create_parent_job(
        self,
        step: JobStep,
        definition: JobDefinition,
        parent_job_id: int,
        config: Any,
        context: PlanContext,
    ) -> AsyncIterator[ChildJob]:
        yield ChildJob(self.child_type, step.name, self.child_config(config))
