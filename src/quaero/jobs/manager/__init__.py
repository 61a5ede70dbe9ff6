"""Managers plan: one kind of step each, never the work itself."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import ChildJob, StepLimits

if TYPE_CHECKING:
    from pydantic import BaseModel

    from quaero.jobs.control import Control
    from quaero.jobs.worker import Collection


@dataclass(frozen=True, slots=True)
class PlanContext:
    """What planning may look at: the stored documents, and all jobs."""

    collection: "Collection"
    control: "Control"


class JobManager(Protocol):
    """Plans the steps whose action is `manager_type`.

    `config_model` checks the step's config when a definition is read, and gives `create_parent_job` its config.
    """

    @property
    def manager_type(self) -> str: ...

    @property
    def config_model(self) -> "type[BaseModel]": ...

    def limits(self, config: Any) -> StepLimits:
        """What the store shall enforce for the parent job of a step with this (validated) config."""
        ...

    def create_parent_job(
        self,
        step: JobStep,
        definition: JobDefinition,
        parent_job_id: int,
        config: Any,
        context: PlanContext,
    ) -> AsyncIterator[ChildJob]:
        """Yield the first children of the step's parent job.

        They are stored chunk by chunk. After a crash planning starts over and the children that were stored are
        skipped by their number, so the order must be the same every time. Raise `JobFailure` when it cannot plan.
        """
        ...
