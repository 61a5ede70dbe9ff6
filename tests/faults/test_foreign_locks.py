"""Another program holds a transaction open: what it locked waits for it, and nothing else."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from quaero.jobs.engine import Engine
from quaero.testing import finish
from tests.crash.judgement import faults
from tests.faults.foreigners import foreign_transaction
from tests.faults.work import TREE, TREE_ENDS, engine_at
from tests.kit import script_definition, script_step
from tests.places import Place

pytestmark = pytest.mark.only("postgres", reason="network")

ENDS_WITHIN_SECONDS = 60
HELD_SECONDS = 1.5
OTHERS_WITHIN_SECONDS = 12

SMALL = script_definition(script_step(count=20), id="small")


@pytest.fixture
async def engine(place: Place) -> AsyncIterator[Engine]:
    async with engine_at(place.url) as engine:
        yield engine


async def test_a_transaction_that_only_looks_holds_up_nobody(place: Place, engine: Engine) -> None:
    run_id = await engine.control.launch(TREE)
    with foreign_transaction(
        place.url,
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "SELECT count(*) FROM jobs",
        "SELECT pg_current_xact_id()",
    ):
        async with asyncio.timeout(OTHERS_WITHIN_SECONDS):
            await finish(engine, run_id)
    assert await faults(place, run_id, TREE_ENDS) == []


ROWS = {
    "step": "UPDATE jobs SET name = name WHERE root_id = {run} AND kind = 'parent' AND name = 'pages'",
    "run": "SELECT 1 FROM jobs WHERE root_id = {run} AND kind = 'run' FOR UPDATE",
    "definition": "SELECT 1 FROM runs WHERE job_id = {run} FOR UPDATE",
    "progress": "SELECT 1 FROM progress WHERE root_id = {run} FOR UPDATE",
    "lock": "SELECT pg_advisory_xact_lock(hashint8extended({run}, 1))",
}


@pytest.mark.parametrize("locks", ROWS.values(), ids=ROWS)
async def test_a_run_whose_rows_are_locked_goes_on_when_they_are_released(
    place: Place, engine: Engine, locks: str
) -> None:
    async with asyncio.timeout(ENDS_WITHIN_SECONDS):
        run_id = await engine.control.launch(TREE)
        with foreign_transaction(place.url, locks.format(run=run_id)):
            working = asyncio.create_task(finish(engine, run_id))
            await asyncio.wait([working], timeout=HELD_SECONDS)
        await working
    assert await faults(place, run_id, TREE_ENDS) == []


IN_THE_WAY_OF_CLAIMS = pytest.mark.xfail(
    reason="a claim of the run waits at its end, and so takes up no other"
)
ALONE = [
    pytest.param(locks, id=name, marks=IN_THE_WAY_OF_CLAIMS if name == "definition" else ())
    for name, locks in ROWS.items()
]


@pytest.mark.parametrize("locks", ALONE)
async def test_a_lock_on_a_row_holds_up_its_run_alone(place: Place, engine: Engine, locks: str) -> None:
    async with asyncio.timeout(ENDS_WITHIN_SECONDS), engine.working():
        locked = await engine.control.launch(TREE)
        with foreign_transaction(place.url, locks.format(run=locked)):
            async with asyncio.timeout(OTHERS_WITHIN_SECONDS):
                await ends(engine, await engine.control.launch(SMALL))
        await ends(engine, locked)
    assert await faults(place, locked, TREE_ENDS) == []


@pytest.mark.parametrize("table", ["jobs", "events", "processes"])
async def test_a_locked_table_holds_up_everything_until_it_is_released(
    place: Place, engine: Engine, table: str
) -> None:
    async with asyncio.timeout(ENDS_WITHIN_SECONDS):
        run_id = await engine.control.launch(TREE)
        with foreign_transaction(place.url, f"LOCK TABLE {table}"):
            working = asyncio.create_task(finish(engine, run_id))
            await asyncio.wait([working], timeout=HELD_SECONDS)
        await working
    assert await faults(place, run_id, TREE_ENDS) == []


async def ends(engine: Engine, run_id: int) -> None:
    async for _ in engine.hub.follow(run_id):
        pass
