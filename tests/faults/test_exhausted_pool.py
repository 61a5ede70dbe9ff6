"""Others take every connection that the server has: the run waits for those that it lacks, and goes on."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest

from quaero.testing import finish
from tests.crash.judgement import faults
from tests.faults.work import TREE, TREE_ENDS, engine_at
from tests.places import PostgresPlace
from tests.postgres_server import LocalServer, Server

pytestmark = pytest.mark.only("postgres", reason="network")

ENDS_WITHIN_SECONDS = 60
FULL_SECONDS = 3.0


@pytest.fixture(scope="module")
def private() -> Iterator[LocalServer]:
    with Server.private(max_connections=12) as server:
        yield server


def take_all(url: str) -> list[psycopg.Connection]:
    taken: list[psycopg.Connection] = []
    while True:
        try:
            taken.append(psycopg.connect(url))
        except psycopg.OperationalError as error:
            assert "too many clients" in str(error)  # noqa: PT017 - how else would it end
            return taken


async def test_a_run_ends_exact_although_all_connections_are_taken_for_a_while(
    private: LocalServer, private_place: PostgresPlace
) -> None:
    async with asyncio.timeout(ENDS_WITHIN_SECONDS), engine_at(private_place.url) as engine:
        run_id = await engine.control.launch(TREE)
        taken = await asyncio.to_thread(take_all, private_place.url)
        one = taken.pop()
        working = asyncio.create_task(finish(engine, run_id))
        one.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'quaero' AND pid <> pg_backend_pid()"
        )
        taken += await asyncio.to_thread(take_all, private_place.url)
        await asyncio.sleep(FULL_SECONDS)
        for connection in [*taken, one]:
            connection.close()
        await working
    assert await faults(private_place, run_id, TREE_ENDS) == []
