"""A ready-made manager: one child for each stored document that a filter of the definition lets through."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from quaero.jobs.config_types import Pattern, Since
from quaero.jobs.manager import PlanContext
from quaero.jobs.manager.stored_children import stored_children
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.document import Document
from quaero.models.job import ChildJob, Job, StepLimits
from quaero.search.patterns import compiled
from quaero.store.reads import DocumentFilter, Lacking

if TYPE_CHECKING:
    from quaero.jobs.worker import Collection

PAGE = 500
DOCUMENT = "document_id"


class DocumentFilterConfig(BaseModel):
    """The table `document_filter`: which documents; every key that is set must hold.

    `tags`: all of them. `url_pattern` is found anywhere in the URL. How long ago counts from the start of the step.
    `limit`: no more documents than that, the oldest first. `missing`: only those for which the step would make
    something that is not there yet.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    source_type: str | None = None
    tags: list[str] = []
    url_pattern: Pattern | None = None
    created_after: Since | None = None
    updated_after: Since | None = None
    limit: Annotated[int, Field(ge=1, examples=[100])] | None = None
    missing: bool = False

    def to_filter(self, began_at: int) -> DocumentFilter:
        """The keys that the store answers; `began_at`: when the step began, in milliseconds since 1970."""
        return DocumentFilter(
            source_type=self.source_type,
            tags=tuple(self.tags),
            created_after=None if self.created_after is None else self.created_after.before(began_at),
            updated_after=None if self.updated_after is None else self.updated_after.before(began_at),
        )


class EachDocumentConfig(BaseModel):
    """The config of a step over documents; a manager of yours adds its own keys to it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    document_filter: DocumentFilterConfig = DocumentFilterConfig()
    concurrency: Annotated[int, Field(ge=1, le=64, examples=[4])] = 4


class EachDocumentManager:
    """Base of managers with one child for each document: a subclass names `manager_type`, `child_type`, `config_model`.

    The child's config is `{"document_id": …}`. Documents come in the order of their ids; those that are stored while
    this plans are taken too, if they come behind.
    """

    manager_type: str
    child_type: str
    config_model: type[BaseModel] = EachDocumentConfig

    def limits(self, config: Any) -> StepLimits:
        return StepLimits(concurrency=config.concurrency)

    def lacking(self, config: Any) -> Lacking | None:
        """The result that this step makes, for `missing`; None: it makes none. `run_id` is filled in."""
        return None

    def takes(self, document: Document, config: Any) -> bool:
        """Whether a document that the filter lets through gets a child."""
        return True

    async def create_parent_job(
        self,
        step: JobStep,
        definition: JobDefinition,
        parent_job_id: int,
        config: Any,
        context: PlanContext,
    ) -> AsyncIterator[ChildJob]:
        """What an interrupted planning stored comes first: what was done since may no longer match."""
        parent = await context.control.store.job(parent_job_id)
        last, count = 0, 0
        async for child in stored_children(context, parent_job_id):
            last, count = child.config[DOCUMENT], count + 1
            yield child
        async for document in self.documents(config, parent, context.collection, after=last, taken=count):
            yield ChildJob(self.child_type, document.title or document.url, {DOCUMENT: document.id})

    async def documents(
        self, config: Any, parent: Job, collection: "Collection", *, after: int = 0, taken: int = 0
    ) -> AsyncIterator[Document]:
        """The documents of a step with ids above `after`, of which `taken` were before these."""
        limit = config.document_filter.limit
        async for document in _matching(collection, self._wanted(config, parent), config, after):
            if not self.takes(document, config):
                continue
            if limit is not None and taken >= limit:
                return
            taken += 1
            yield document

    def _wanted(self, config: Any, parent: Job) -> DocumentFilter:
        lacking = self.lacking(config) if config.document_filter.missing else None
        if lacking is not None:
            lacking = msgspec.structs.replace(lacking, run_id=parent.root_id)
        began_at = parent.created_at if parent.started_at is None else parent.started_at
        chosen: DocumentFilter = config.document_filter.to_filter(began_at)
        return msgspec.structs.replace(chosen, lacking=lacking)


async def _matching(
    collection: "Collection", wanted: DocumentFilter, config: Any, after: int
) -> AsyncIterator[Document]:
    pattern = config.document_filter.url_pattern
    found = None if pattern is None else compiled(pattern)
    while page := await collection.matching(wanted, after=after, limit=PAGE):
        for document in page:
            if found is None or found(document.url):
                yield document
        after = page[-1].id
