"""Runs of an agent step over stored pages, with a language model on loopback."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from pydantic import BaseModel

from quaero.agents import Reading
from quaero.crawler.credentials import bearer
from quaero.jobs.engine import Engine
from quaero.jobs.manager import PlanContext
from quaero.jobs.summary import RunSummary
from quaero.jobs.worker import JobContext, storable
from quaero.models.definition import ErrorTolerance, JobDefinition, JobStep, RetryPolicy
from quaero.models.document import Document, NewDocument, content_hash
from quaero.models.job import ChildJob, Job, StepLimits
from quaero.models.outcome import Outcome
from quaero.models.toml_writer import ConfigValue
from quaero.store.reads import DocumentFilter
from quaero.testing import run_to_end
from tests.agents.models.kit import model_at
from tests.agents.models.servers import ModelServer

AUTH = "provider"


class NoConfig(BaseModel):
    pass


class PagesManager:
    """Stores the given pages."""

    manager_type = "pages"
    config_model: type[BaseModel] = NoConfig

    def __init__(self) -> None:
        self.pages: list[Reading] = []

    def limits(self, config: NoConfig) -> StepLimits:
        return StepLimits()

    async def create_parent_job(
        self, step: JobStep, definition: JobDefinition, parent_job_id: int, config: Any, context: PlanContext
    ) -> AsyncIterator[ChildJob]:
        for number in range(len(self.pages)):
            yield ChildJob("page", f"page {number}", {"number": number})


class PageWorker:
    worker_type = "page"

    def __init__(self, manager: PagesManager) -> None:
        self._manager = manager

    def validate(self, job: Job) -> None:
        pass

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        number = job.config["number"]
        page = self._manager.pages[number]
        title, text = storable(page.title), storable(page.text)
        document = NewDocument(
            "page",
            storable(page.url),
            f"https://pages.example/{number}",
            title,
            text,
            content_hash(title, text),
        )
        return Outcome(documents=(document,))

    async def close(self) -> None:
        pass


async def store_pages(engine: Engine, manager: PagesManager, pages: Sequence[Reading]) -> None:
    manager.pages = list(pages)
    summary = await run_to_end(engine, JobDefinition("pages", "Pages", (JobStep("pages", "pages", {}),)))
    assert summary.job.state == "completed"


async def keep_key(engine: Engine, server: ModelServer, key: str) -> None:
    await engine.control.credentials.keep(AUTH, bearer([server.url], key), replace=True)


def gist_definition(
    server: ModelServer,
    kind: str = "openai-compatible",
    *,
    wanted: dict[str, Any] | None = None,
    name: str | None = None,
    base_url: bool = True,
    concurrency: int = 4,
    attempts: int = 3,
    **settings: Any,
) -> JobDefinition:
    """One step that asks the model on the server for the gist of each document.

    `name` is another model's; without `base_url` it is asked at its provider's.
    """
    model = model_at(server.url, kind)
    config: dict[str, ConfigValue] = {
        "agent_type": "gist",
        "model": str(model) if name is None else f"{kind}:{name}",
        "model_settings": ({"base_url": model.base_url} if base_url else {}) | settings,
        "concurrency": concurrency,
        "document_filter": wanted or {},
    }
    retry = RetryPolicy(max_attempts=attempts, backoff_ms=1, max_backoff_ms=60_000)
    step = JobStep("gist", "agent", config, retry=retry)
    tolerance = ErrorTolerance(failure_action="continue")
    return JobDefinition("gist", "Gist", (step,), error_tolerance=tolerance)


async def gists(engine: Engine, definition: JobDefinition) -> RunSummary:
    return await run_to_end(engine, definition)


async def documents(engine: Engine) -> list[Document]:
    """All of them, with results, in their order."""
    found = await engine.store.matching_documents(DocumentFilter(), limit=1_000)
    return [await engine.store.document(each.id) for each in found]
