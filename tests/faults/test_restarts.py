"""The server is restarted in the middle of a run, as after a crash: the run goes on by itself."""

import asyncio

import pytest

from quaero.testing import finish
from tests.crash.judgement import faults
from tests.faults.work import TREE, TREE_ENDS, engine_at
from tests.places import PostgresPlace
from tests.postgres_server import LocalServer

pytestmark = pytest.mark.only("postgres", reason="network")

ENDS_WITHIN_SECONDS = 60
RESTARTS = 4
LOOK_SECONDS = 0.01


async def test_a_run_ends_exact_although_the_server_crashes_again_and_again(
    private: LocalServer, private_place: PostgresPlace
) -> None:
    async with asyncio.timeout(ENDS_WITHIN_SECONDS), engine_at(private_place.url) as engine:
        run_id = await engine.control.launch(TREE)
        working = asyncio.create_task(finish(engine, run_id))
        for _ in range(RESTARTS):
            await asyncio.to_thread(private.restart, "immediate")
            await anything_happened(private_place)
        await working
    assert await faults(private_place, run_id, TREE_ENDS) == []


async def anything_happened(place: PostgresPlace) -> None:
    """Until there is an event that was not there; or nothing is left to happen."""
    before = _state_of(place)
    while _state_of(place) == before and before[1]:  # noqa: ASYNC110 - the database is asked
        await asyncio.sleep(LOOK_SECONDS)


def _state_of(place: PostgresPlace) -> tuple[int, int]:
    [(events, open_runs)] = place.rows(
        "SELECT (SELECT count(*) FROM events), count(*) FROM jobs"
        " WHERE kind = 'run' AND state IN ('pending', 'running')"
    )
    return events, open_runs
