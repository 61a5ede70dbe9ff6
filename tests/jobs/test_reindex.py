"""The reindex step: batches that may be interrupted anywhere, and searches that find everything meanwhile."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
from pydantic import ValidationError

from quaero.jobs.engine import Engine, StoredCollection
from quaero.jobs.manager import JobManager, PlanContext
from quaero.jobs.manager.reindex_manager import FINISH, ReindexConfig, ReindexManager
from quaero.jobs.worker import JobWorker
from quaero.jobs.worker.reindex_worker import ReindexWorker
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import ChildJob, Job, JobKind, JobState, StepLimits
from quaero.models.outcome import End, Settlement
from quaero.models.toml_writer import ConfigValue
from quaero.search.query import parse_query
from quaero.store.reads import DocumentFilter, JobFilter
from quaero.store.store import Store
from quaero.testing import finish, open_test_engine, run_to_end
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import Place

DOCUMENTS = 25
LOSS = {
    "sqlite": "INSERT INTO documents_text (documents_text) VALUES ('delete-all')",
    "postgres": "DELETE FROM document_texts",
}
SMALL_BATCHES: Mapping[str, ConfigValue] = {"batch_size": 10}


@asynccontextmanager
async def open_engine(place: Place) -> AsyncIterator[Engine]:
    managers: list[JobManager] = [ScriptManager(), ReindexManager()]
    workers: list[JobWorker] = [ScriptWorker(), ReindexWorker()]
    async with open_test_engine(place.url, managers, workers) as engine:
        yield engine


@pytest.fixture
async def engine(place: Place) -> AsyncIterator[Engine]:
    """An engine on a store with documents."""
    async with open_engine(place) as engine:
        await store_documents(engine, *(f"page {number}" for number in range(DOCUMENTS)))
        yield engine
        assert await engine.store.check() == ()


def reindex(**config: ConfigValue) -> JobDefinition:
    return JobDefinition("again", "Again", (JobStep("reindex", "reindex", config),))


async def store_documents(engine: Engine, *names: str, text: str = "harbour") -> None:
    children = [{"name": name, "document": f"{text} {name}"} for name in names]
    await run_to_end(engine, script_definition(script_step(children=children)))


async def batches(engine: Engine, run_id: int) -> list[Job]:
    found = await engine.store.jobs(JobFilter(root_id=run_id, kind=JobKind.CHILD), oldest_first=True)
    return list(found.items)


async def found(store: Store, word: str = "harbour") -> int:
    _, total = await store.search(parse_query(word), limit=1)
    return total


async def test_each_batch_is_a_child_and_the_last_one_brings_the_index_into_use(engine: Engine) -> None:
    summary = await run_to_end(engine, reindex(**SMALL_BATCHES))

    assert summary.job.state is JobState.COMPLETED
    notes = [(job.name, job.note) for job in await batches(engine, summary.job.id)]
    assert [note for _, note in notes] == [
        "indexed 10 documents",
        "indexed 10 documents",
        "indexed 5 documents",
        "indexed 25 documents",
    ]
    assert notes[-1][0] == FINISH
    assert await found(engine.store) == DOCUMENTS


async def test_an_index_that_lost_everything_is_whole_again(engine: Engine, place: Place) -> None:
    place.execute(LOSS[place.name])
    assert await found(engine.store) == 0

    await run_to_end(engine, reindex(**SMALL_BATCHES))

    assert await found(engine.store) == DOCUMENTS


async def test_an_empty_store_has_nothing_but_the_end_to_do(place: Place) -> None:
    async with open_engine(place) as engine:
        summary = await run_to_end(engine, reindex())

        assert summary.job.state is JobState.COMPLETED
        assert [job.note for job in await batches(engine, summary.job.id)] == ["indexed 0 documents"]


async def test_a_dry_run_counts_what_is_missing_and_what_is_stale_and_changes_nothing(
    engine: Engine, place: Place
) -> None:
    first, second, third = (await engine.store.documents(DocumentFilter(), limit=3)).items
    lose(place, first.id)
    make_stale(place, second.id)
    make_stale(place, third.id)

    summary = await run_to_end(engine, reindex(dry_run=True))

    [job] = await batches(engine, summary.job.id)
    assert job.note == "would index 25 documents: 1 missing from the index, 2 in it otherwise than they are"
    [line] = await engine.store.log(job.id)
    assert line.message == job.note
    assert [finding.invariant for finding in await engine.store.check()] == ["index"]
    await run_to_end(engine, reindex())


def lose(place: Place, document_id: int) -> None:
    """Take a document out of the index alone."""
    if place.name == "postgres":
        place.execute("DELETE FROM document_texts WHERE document_id = ?", (document_id,))
    else:
        place.execute("DELETE FROM documents_text WHERE rowid = ?", (document_id,))


def make_stale(place: Place, document_id: int) -> None:
    """Change a document past its index."""
    if place.name == "postgres":
        place.execute("UPDATE documents SET content_hash = 'other' WHERE id = ?", (document_id,))
        return
    [(trigger,)] = place.rows("SELECT sql FROM sqlite_schema WHERE name = 'documents_text_update'")
    place.execute("DROP TRIGGER documents_text_update")
    place.execute("UPDATE documents SET markdown = markdown || ' and more' WHERE id = ?", (document_id,))
    place.execute(trigger)


async def test_a_dry_run_on_a_sound_index_finds_nothing(engine: Engine) -> None:
    summary = await run_to_end(engine, reindex(dry_run=True))

    [job] = await batches(engine, summary.job.id)
    assert job.note == "would index 25 documents: 0 missing from the index, 0 in it otherwise than they are"


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"what": "search+embeddings"}, "there is no index"),
        ({"batch_size": 0}, "batch_size"),
        ({"batchsize": 5}, "batchsize"),
    ],
)
def test_what_is_no_reindex_is_refused_when_it_is_read(config: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        ReindexConfig.model_validate(config)


async def test_a_run_that_was_stopped_in_the_middle_goes_on_where_it_was(place: Place) -> None:
    async with open_engine(place) as engine:
        await store_documents(engine, *(f"page {number}" for number in range(DOCUMENTS)))
        place.execute(LOSS[place.name])
        run_id = await engine.control.launch(reindex(batch_size=5))
        [parent] = (await engine.store.claim(["reindex"], 1, 60_000)).jobs
        await plan(engine, parent)
        await do_batches(engine, 2)

    async with open_engine(place) as engine:
        await store_documents(engine, "written meanwhile")
        await finish(engine, run_id)

        assert [job.attempt for job in await batches(engine, run_id)] == [1] * 6
        assert await engine.store.check() == ()
        assert await found(engine.store) == DOCUMENTS + 1


async def plan(engine: Engine, parent: Job) -> None:
    """Plan the step as a processor does."""
    manager = ReindexManager()
    view = (await engine.store.run(parent.root_id)).definition
    config = manager.config_model.model_validate(view.steps[0].config)
    context = PlanContext(StoredCollection(engine.store), engine.control)
    await engine.store.begin_plan(parent, StepLimits(concurrency=1))
    children: list[ChildJob] = [
        child async for child in manager.create_parent_job(view.steps[0], view, parent.id, config, context)
    ]
    await engine.store.add_planned(parent, children, last=True)


async def do_batches(engine: Engine, count: int) -> None:
    for _ in range(count):
        [job] = (await engine.store.claim(["reindex_batch"], 1, 60_000)).jobs
        await engine.store.index_documents(job.config["after"], job.config["up_to"])
        await engine.store.settle([Settlement(job.id, job.lease_number, End.COMPLETED)])


async def test_an_interrupted_planning_goes_on_behind_the_last_stored_batch(engine: Engine) -> None:
    run_id = await engine.control.launch(reindex(**SMALL_BATCHES))
    [parent] = (await engine.store.claim(["reindex"], 1, 60_000)).jobs
    [first, last] = [document.id for document in (await engine.store.documents(DocumentFilter())).items][
        :10:9
    ]
    stored = ChildJob("reindex_batch", "the first", {"after": 0, "up_to": last})
    await engine.store.begin_plan(parent, StepLimits(concurrency=1))
    await engine.store.add_planned(parent, [stored], last=False)
    await engine.store.delete_document(first)
    await engine.store.settle(
        [Settlement(parent.id, parent.lease_number, End.RETRY, error_code="lost", error="lost")]
    )

    await finish(engine, run_id)

    jobs = await batches(engine, run_id)
    assert [job.name for job in jobs][::3] == ["the first", FINISH]
    assert [job.config.get("after") for job in jobs] == [0, last, last + 10, None]


async def test_what_is_written_while_the_index_is_built_is_in_the_new_one_as_it_is(
    engine: Engine,
) -> None:
    store = engine.store
    await store.begin_index()
    await store.index_documents(0, 10)
    await store_documents(engine, "page 1", "page 20", "new", text="lighthouse")
    [gone] = [each.id for each in (await store.documents(DocumentFilter())).items if each.title == "page 2"]
    await store.delete_document(gone)
    await store.index_documents(10, None)
    await store.finish_index()

    assert await found(store, "lighthouse") == 3
    assert await found(store) == DOCUMENTS - 3
    assert await store.check() == ()


async def test_searches_find_everything_while_a_reindex_runs(place: Place) -> None:
    async with open_engine(place) as engine:
        await store_documents(engine, *(f"page {number}" for number in range(DOCUMENTS)))
        run = asyncio.create_task(run_to_end(engine, reindex(batch_size=5)))
        seen = [await found(engine.store)]
        while not run.done():
            seen.append(await found(engine.store))
        assert (await run).job.state is JobState.COMPLETED
        assert set(seen) == {DOCUMENTS}


async def test_a_reindex_that_loses_its_transaction_at_any_statement_is_done_again(place: Place) -> None:
    """Every statement of a rebuild fails once; whoever calls again ends with a sound index."""
    async with open_engine(place) as engine:
        await store_documents(engine, *(f"page {number}" for number in range(DOCUMENTS)))
    failed_at, calls = 0, [0]

    def fault(name: str) -> None:
        calls[0] += 1
        if calls[0] == failed_at:
            raise RuntimeError(name)

    place.execute(LOSS[place.name])
    store = place.store(before_statement=fault)
    while True:
        failed_at, calls[0] = failed_at + 1, 0
        try:
            await store.rebuild_index()
        except RuntimeError:
            continue
        break
    assert failed_at > 5
    failed_at = 0
    assert await found(store) == DOCUMENTS
    assert await store.check() == ()
    await store.close()


async def test_two_that_build_at_once_both_end_with_a_sound_index(engine: Engine) -> None:
    other = JobDefinition("other", "Other", reindex(**SMALL_BATCHES).steps)
    runs = [await engine.control.launch(each) for each in (reindex(batch_size=5), other)]
    async with engine.working():
        for run_id in runs:
            async for _ in engine.hub.follow(run_id):
                pass

    for run_id in runs:
        assert (await engine.store.job(run_id)).state is JobState.COMPLETED
    assert await found(engine.store) == DOCUMENTS


@pytest.mark.only("sqlite", reason="index")
async def test_the_schema_after_a_reindex_is_that_of_a_new_file(engine: Engine, place: Place) -> None:
    def schema() -> dict[str, str]:
        rows = place.rows("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
        return {name: " ".join(re.sub("[\"']", "", sql).split()) for name, sql in rows}

    before = schema()
    await run_to_end(engine, reindex())
    assert schema() == before


@pytest.mark.only("sqlite", reason="index")
async def test_a_build_that_was_given_up_is_taken_away_by_maintenance(engine: Engine, place: Place) -> None:
    half_built = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'documents_text_next%'"
    run_id = await engine.control.launch(reindex())
    [parent] = (await engine.store.claim(["reindex"], 1, 60_000)).jobs
    await plan(engine, parent)
    await engine.store.backend.tidy_index()
    assert place.rows(half_built) != [(0,)]

    await engine.control.cancel(run_id)
    await engine.store.backend.tidy_index()

    assert place.rows(half_built) == [(0,)]
    await store_documents(engine, "later")
    assert await found(engine.store) == DOCUMENTS + 1
