"""Documents for tests of pages and API, stored through the job system but without its workers."""

from collections.abc import Sequence
from dataclasses import dataclass

import zstandard

from quaero.jobs.engine import Engine
from quaero.models.document import NewDocument, NewResult, content_hash, maker_of
from quaero.models.job import ChildJob, StepLimits
from quaero.models.outcome import End, Settlement
from tests.kit import script_definition, script_step

LEASE_MS = 60_000


@dataclass(frozen=True, slots=True)
class PageOf:
    """A page to be collected. `url` "": below https://example.org/ by its title."""

    title: str
    markdown: str
    url: str = ""
    source: str = "crawler"
    tags: tuple[str, ...] = ()
    original: bytes | None = None
    media_type: str = "text/html"

    def document(self) -> NewDocument:
        url = self.url or f"https://example.org/{self.title.lower().replace(' ', '-')}"
        return NewDocument(
            self.source,
            url,
            url,
            self.title,
            self.markdown,
            content_hash(self.title, self.markdown),
            self.tags,
            source=None if self.original is None else zstandard.compress(self.original),
            media_type=self.media_type,
        )


async def collect(engine: Engine, pages: Sequence[PageOf]) -> int:
    """A run that has collected these pages; its id. No worker may be running that takes its jobs."""
    return await _run(engine, tuple(page.document() for page in pages), ())


async def found_by_agent(engine: Engine, document_id: int, agent: str, value: dict[str, object]) -> None:
    """What an agent says of a document."""
    document = await engine.store.document(document_id)
    maker = maker_of(agent, "1", "local", {})
    result = NewResult(document_id, agent, "1", "local", maker, document.content_hash, value)
    await _run(engine, (), (result,))


async def _run(engine: Engine, documents: tuple[NewDocument, ...], results: tuple[NewResult, ...]) -> int:
    store = engine.store
    tags = tuple(dict.fromkeys(tag for document in documents for tag in document.tags))
    definition = script_definition(script_step(), id="collection", tags=tags)
    run_id = await store.launch(definition)
    [parent] = (await store.claim(["script"], 1, LEASE_MS, run_id)).jobs
    await store.begin_plan(parent, StepLimits())
    await store.add_planned(parent, [ChildJob("scripted", "all", {}, "all")], last=True)
    [job] = (await store.claim(["scripted"], 1, LEASE_MS, run_id)).jobs
    await store.settle([Settlement(job.id, job.lease_number, End.COMPLETED, documents, results=results)])
    await store.fold()
    return run_id
