"""A reindex whose process is killed goes on in another one, and nothing is missing at any time."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from quaero.models.job import JobKind, JobState
from quaero.search.query import parse_query
from quaero.store.reads import JobFilter
from quaero.store.store import Store
from quaero.testing import finish, open_test_engine, run_to_end
from tests.crash.kills import SECONDS
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import Place

DOCUMENTS = 35
PROCESS = Path(__file__).with_name("reindex_process.py")
FATAL = {
    "sqlite": [("index_documents", 3), ("use_new_index", 1)],
    "postgres": [("put_document_text", 22), ("lost_documents", 1)],
}


@pytest.mark.parametrize("number", range(2))
async def test_a_reindex_that_is_killed_is_finished_by_another_process(
    place: Place, quick_deaths: None, number: int
) -> None:
    async with open_test_engine(place.url, [ScriptManager()], [ScriptWorker()]) as engine:
        children = [{"name": f"page {n}", "document": f"harbour {n}"} for n in range(DOCUMENTS)]
        await run_to_end(engine, script_definition(script_step(children=children)))
    statement, time = FATAL[place.name][number]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, PROCESS, place.url, statement, str(time)), cwd=PROCESS.parents[2]
    )
    async with asyncio.timeout(SECONDS):
        code = await process.wait()
    assert code == -signal.SIGKILL

    async with open_test_engine(place.url) as engine:
        assert await found(engine.store) == DOCUMENTS
        [run] = (await engine.store.jobs(JobFilter(definition_id="again", kind=JobKind.RUN))).items
        summary = await finish(engine, run.id)

        assert summary.job.state is JobState.COMPLETED
        assert await found(engine.store) == DOCUMENTS
        assert await engine.store.check() == ()


async def found(store: Store) -> int:
    _, total = await store.search(parse_query("harbour"), limit=1)
    return total
