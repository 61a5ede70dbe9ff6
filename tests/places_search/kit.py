"""A search for places against fake services, from a definition to the stored documents."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from quaero.crawler.response import FetchLimits
from quaero.jobs.engine import Engine
from quaero.jobs.manager.places_search_manager import PlacesSearchManager
from quaero.jobs.summary import RunSummary
from quaero.jobs.worker.places_search_worker import PlacesSearchWorker
from quaero.models.definition import JobDefinition, JobStep, RetryPolicy
from quaero.models.document import Document
from quaero.settings import PlacesSettings
from quaero.store.clock import Clock
from quaero.store.reads import DocumentFilter
from quaero.testing import open_test_engine, run_to_end
from tests.places import Place
from tests.places_search.fake_services import FakeService

KEY = "AIzaSy-secret-of-the-test_0123456789"
LIMITS = FetchLimits(deadline_seconds=20, body_bytes=1_000_000)


def settings_for(
    nominatim: FakeService | None = None,
    overpass: FakeService | None = None,
    google: FakeService | None = None,
    **further: Any,
) -> PlacesSettings:
    """Services that are not given are nowhere."""
    urls = {
        "nominatim_url": "http://127.0.0.1:1" if nominatim is None else nominatim.url,
        "overpass_url": "http://127.0.0.1:1" if overpass is None else overpass.url,
        "google_url": "http://127.0.0.1:1" if google is None else google.url,
    }
    return PlacesSettings(**{**urls, "pause_ms": 0, "google_key": KEY, **further})


@asynccontextmanager
async def searching(
    place: Place | str,
    settings: PlacesSettings,
    worker: PlacesSearchWorker | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Engine]:
    """An engine that can search for places; its invariants hold at the end."""
    url = place if isinstance(place, str) else place.url
    worker = worker or PlacesSearchWorker(LIMITS)
    async with open_test_engine(
        url, [PlacesSearchManager()], [worker], places=settings, clock=clock
    ) as engine:
        yield engine
        assert await engine.store.check() == ()


async def search(
    engine: Engine,
    *,
    definition_id: str = "places",
    attempts: int = 1,
    auth: str | None = None,
    **config: Any,
) -> RunSummary:
    """Run a step with this config to its end."""
    config.setdefault("search_query", "coffee in Lisbon")
    step = JobStep("search", "places_search", config, retry=RetryPolicy(attempts, 1, 60_000))
    definition = JobDefinition(id=definition_id, name="Places", steps=(step,), tags=("trip",), auth=auth)
    return await run_to_end(engine, definition)


async def stored(engine: Engine) -> list[Document]:
    """The documents with their Markdown, by id."""
    page = await engine.store.documents(DocumentFilter(), limit=1000)
    return [await engine.store.document(each.id) for each in page.items]


def error_of(summary: RunSummary) -> tuple[str, str]:
    """The code and the text of the only failure."""
    [group] = summary.steps[0].errors
    return group.code, group.example.error or ""


async def log_of(engine: Engine, summary: RunSummary) -> str:
    return "\n".join(line.message for line in await engine.store.log(summary.job.id))
