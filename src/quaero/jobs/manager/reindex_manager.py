"""The reindex step: one child for each batch of documents, and one that brings the new index into use."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from quaero.jobs.config_types import config_problem
from quaero.jobs.manager import PlanContext
from quaero.jobs.manager.stored_children import stored_children
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import ChildJob, StepLimits

CHILD_TYPE = "reindex_batch"
FINISH: Final = "bring the new index into use"
"""The name of the last child. It goes last, and does what of the others is not done yet."""


def _what(value: str) -> str:
    if value != "search":
        raise config_problem(
            f"there is no index {value!r}: the search index is the only one", example='what = "search"'
        )
    return value


class ReindexConfig(BaseModel):
    """The config of a reindex step. `dry_run`: only count what would be indexed. `batch_size`: documents of a child."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    dry_run: bool = False
    batch_size: Annotated[int, Field(ge=1, le=100_000, examples=[500])] = 500
    what: Annotated[str, AfterValidator(_what), Field(examples=["search"])] = "search"


class ReindexManager:
    """Plans batches in the order of ids; documents that are stored meanwhile are indexed as always."""

    manager_type = "reindex"
    config_model = ReindexConfig

    def limits(self, config: ReindexConfig) -> StepLimits:
        """One after the other: the database has one index, and others write too."""
        return StepLimits(concurrency=1)

    async def create_parent_job(
        self,
        step: JobStep,
        definition: JobDefinition,
        parent_job_id: int,
        config: Any,
        context: PlanContext,
    ) -> AsyncIterator[ChildJob]:
        if config.dry_run:
            yield ChildJob(CHILD_TYPE, "count what would be indexed", {"dry_run": True})
            return
        last = 0
        async for child in stored_children(context, parent_job_id):
            yield child
            if child.name == FINISH:
                return
            last = child.config["up_to"]
        if not last:
            await context.collection.begin_index()
        while found := await context.collection.next_documents(last, config.batch_size):
            first, up_to = found
            name = f"document {first}" if first == up_to else f"documents {first} to {up_to}"
            yield ChildJob(CHILD_TYPE, name, {"after": last, "up_to": up_to})
            last = up_to
        yield ChildJob(CHILD_TYPE, FINISH, {"finish": True}, priority=1)
