"""One child for each document that a filter lets through, whatever happens while the step is planned."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from quaero.jobs.engine import Engine, StoredCollection
from quaero.jobs.manager import JobManager, PlanContext
from quaero.jobs.manager.each_document import DOCUMENT, EachDocumentManager
from quaero.jobs.worker import JobContext, JobWorker
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.document import NewDocument, NewResult, content_hash
from quaero.models.job import ChildJob, Job, JobKind, JobState, StepLimits
from quaero.models.outcome import End, Outcome, Settlement
from quaero.models.toml_writer import ConfigValue
from quaero.store.reads import DocumentFilter, JobFilter, Lacking
from quaero.testing import SettableClock, finish, open_test_engine, run_to_end
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import Place

MAKER = "reader 1"
DAY_MS = 86_400_000


class ReadManager(EachDocumentManager):
    manager_type = "read"
    child_type = "read_document"

    def lacking(self, config: Any) -> Lacking | None:
        return Lacking("reader", MAKER)


class ReadWorker:
    """Reads a document: its result is how long it is."""

    worker_type = "read_document"

    def validate(self, job: Job) -> None:
        pass

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        document = await context.collection.document(job.config[DOCUMENT])
        if document is None:
            return Outcome(note="the document is gone")
        value = {"characters": len(document.markdown or "")}
        result = NewResult(document.id, "reader", "1", "local", MAKER, document.content_hash, value)
        return Outcome(results=(result,))

    async def close(self) -> None:
        pass


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def engine(place: Place, clock: SettableClock) -> AsyncIterator[Engine]:
    managers: list[JobManager] = [ScriptManager(), ReadManager()]
    workers: list[JobWorker] = [ScriptWorker(), ReadWorker()]
    async with open_test_engine(place.url, managers, workers, clock=clock) as engine:
        yield engine
        assert await engine.store.check() == ()


async def store_documents(engine: Engine, *names: str, tags: Sequence[str] = (), text: str = "text") -> None:
    children = [{"name": name, "document": text} for name in names]
    definition = script_definition(
        script_step(children=children), id="-".join(tags) or "test", tags=tuple(tags)
    )
    await run_to_end(engine, definition)


async def store_other(engine: Engine, name: str, source_type: str) -> None:
    """A document of another source type."""
    url = f"https://example.org/{name}"
    document = NewDocument(source_type, url, url, name, "text", content_hash(name, "text"))
    run_id = await engine.control.launch(script_definition(script_step(count=1), id="other"))
    [parent] = (await engine.store.claim(["script"], 1, 60_000)).jobs
    await engine.store.begin_plan(parent, StepLimits())
    await engine.store.add_planned(parent, [ChildJob("scripted", name, {})], last=True)
    [job] = (await engine.store.claim(["scripted"], 1, 60_000)).jobs
    await engine.store.settle([Settlement(job.id, job.lease_number, End.COMPLETED, documents=(document,))])
    await finish(engine, run_id)


def reading(**wanted: ConfigValue) -> JobDefinition:
    return JobDefinition("read", "Read", (JobStep("read", "read", {"document_filter": wanted}),))


async def read_in(engine: Engine, run_id: int) -> list[str]:
    """The names of the documents that had a child, in the order of the children."""
    wanted = JobFilter(root_id=run_id, kind=JobKind.CHILD, type="read_document")
    return [job.name for job in (await engine.store.jobs(wanted, limit=1_000, oldest_first=True)).items]


async def read(engine: Engine, **wanted: ConfigValue) -> list[str]:
    summary = await run_to_end(engine, reading(**wanted))
    assert summary.job.state is JobState.COMPLETED
    return await read_in(engine, summary.job.id)


async def test_without_a_filter_each_document_has_a_child(engine: Engine) -> None:
    await store_documents(engine, "a", "b", "c")

    assert await read(engine) == ["a", "b", "c"]


async def test_a_source_type_is_a_whole_name(engine: Engine) -> None:
    await store_documents(engine, "a")
    await store_other(engine, "b", "test2")

    assert await read(engine, source_type="test") == ["a"]
    assert await read(engine, source_type="test2") == ["b"]
    assert await read(engine, source_type="tes") == []


async def test_all_tags_must_be_there(engine: Engine) -> None:
    await store_documents(engine, "a", tags=["docs", "python"])
    await store_documents(engine, "b", tags=["docs"])

    assert await read(engine, tags=["docs"]) == ["a", "b"]
    assert await read(engine, tags=["python", "docs"]) == ["a"]
    assert await read(engine, tags=["rust"]) == []


async def test_a_pattern_is_found_anywhere_in_the_url(engine: Engine) -> None:
    await store_documents(engine, "guide/a", "guide/b", "blog/a")

    assert await read(engine, url_pattern="/guide/") == ["guide/a", "guide/b"]
    assert await read(engine, url_pattern="a$") == ["guide/a", "blog/a"]


async def test_how_long_ago_counts_from_the_start_of_the_step(engine: Engine, clock: SettableClock) -> None:
    await store_documents(engine, "old", "changed")
    clock.advance(10 * DAY_MS)
    await store_documents(engine, "changed", text="other")
    await store_documents(engine, "new")
    clock.advance(DAY_MS)

    assert await read(engine, created_after="2d") == ["new"]
    assert await read(engine, updated_after="2d") == ["changed", "new"]
    assert await read(engine, updated_after="30d") == ["old", "changed", "new"]


async def test_a_limit_takes_the_oldest(engine: Engine) -> None:
    await store_documents(engine, "a", "b", "c", "d")

    assert await read(engine, limit=2) == ["a", "b"]
    assert await read(engine, limit=2, url_pattern="[bcd]$") == ["b", "c"]


async def test_what_is_missing_is_what_was_never_read_or_has_changed_since(engine: Engine) -> None:
    await store_documents(engine, "a", "b")
    assert await read(engine, missing=True) == ["a", "b"]
    assert await read(engine, missing=True) == []

    await store_documents(engine, "b", "c", text="other")

    assert await read(engine, missing=True) == ["b", "c"]
    assert await read(engine) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "wanted", [{"limit": 0}, {"url_pattern": "("}, {"created_after": "soon"}, {"tag": "docs"}]
)
def test_a_filter_that_makes_no_sense_is_refused(wanted: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wanted))):
        ReadManager.config_model.model_validate({"document_filter": wanted})


async def interrupted(engine: Engine, definition: JobDefinition, planned: int) -> int:
    """A run whose planning stored so many children and was then lost."""
    parent = await partly_planned(engine, definition, planned)
    await lose(engine, parent)
    return parent.root_id


async def partly_planned(engine: Engine, definition: JobDefinition, planned: int) -> Job:
    """The step of a run whose planning has stored so many children."""
    await engine.control.launch(definition)
    [parent] = (await engine.store.claim(["read"], 1, 60_000)).jobs
    manager, step = ReadManager(), definition.steps[0]
    config = manager.config_model(**step.config)
    context = PlanContext(StoredCollection(engine.store), engine.control)
    await engine.store.begin_plan(parent, manager.limits(config))
    children: list[ChildJob] = []
    async for child in manager.create_parent_job(step, definition, parent.id, config, context):
        children.append(child)
        if len(children) == planned:
            break
    await engine.store.add_planned(parent, children, last=False)
    return parent


async def lose(engine: Engine, parent: Job) -> None:
    await engine.store.settle([Settlement(parent.id, parent.lease_number, End.RELEASED)])


async def test_an_interrupted_planning_loses_and_doubles_none_although_documents_changed_meanwhile(
    engine: Engine,
) -> None:
    await store_documents(engine, *"abcdef")
    run_id = await interrupted(engine, reading(url_pattern="[a-z]$"), planned=3)
    await store_documents(engine, "a", "e", text="other")
    await store_documents(engine, "g")
    stored = {each.title: each.id for each in (await engine.store.documents(DocumentFilter())).items}
    for name in "bd":
        await engine.store.delete_document(stored[name])

    await finish(engine, run_id)

    assert await read_in(engine, run_id) == [*"abc", *"efg"]


async def test_an_interrupted_planning_keeps_to_its_limit(engine: Engine) -> None:
    await store_documents(engine, *"abcdef")
    run_id = await interrupted(engine, reading(limit=4), planned=3)
    stored = (await engine.store.documents(DocumentFilter())).items
    await engine.store.delete_document(stored[0].id)

    await finish(engine, run_id)

    assert await read_in(engine, run_id) == [*"abcd"]


async def test_what_a_run_reads_itself_while_it_is_planned_does_not_change_what_is_missing(
    engine: Engine,
) -> None:
    await store_documents(engine, *"abcdef")
    parent = await partly_planned(engine, reading(missing=True), planned=3)
    first, second = (await engine.store.claim(["read_document"], 2, 60_000)).jobs
    await engine.store.settle([await _result(engine, first), await _result(engine, second)])
    await lose(engine, parent)

    await finish(engine, parent.root_id)

    assert await read_in(engine, parent.root_id) == [*"abcdef"]


async def _result(engine: Engine, job: Job) -> Settlement:
    document = await engine.store.document(job.config[DOCUMENT])
    result = NewResult(document.id, "reader", "1", "local", MAKER, document.content_hash, {"characters": 4})
    return Settlement(job.id, job.lease_number, End.COMPLETED, results=(result,))


async def test_children_that_others_spawned_are_not_taken_for_planned_ones(engine: Engine) -> None:
    await store_documents(engine, *"abcdef")
    parent = await partly_planned(engine, reading(), planned=3)
    [job] = (await engine.store.claim(["read_document"], 1, 60_000)).jobs
    spawned = ChildJob("scripted", "a further one", {})
    await engine.store.settle([Settlement(job.id, job.lease_number, End.COMPLETED, children=(spawned,))])
    await lose(engine, parent)

    await finish(engine, parent.root_id)

    assert await read_in(engine, parent.root_id) == [*"abcdef"]
