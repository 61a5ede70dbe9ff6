"""Through a pooler in transaction mode everything works, and nothing is left in its connections."""

import asyncio
from collections.abc import Iterator

import pytest

from quaero.backends import open_backend
from quaero.jobs.engine import Engine
from quaero.jobs.registry import Registry
from quaero.settings import PostgresSettings
from quaero.settings.urls import PostgresUrl
from quaero.store.store import Store
from quaero.testing import finish
from tests.crash.judgement import faults
from tests.faults.pooler import Pooler
from tests.faults.proxy import by_address
from tests.faults.work import QUEUE, TREE, TREE_ENDS, NotingWorker
from tests.kit import ScriptManager
from tests.places import Place
from tests.postgres_server import server

pytestmark = pytest.mark.only("postgres", reason="network")

ENDS_WITHIN_SECONDS = 60

STATE = {
    "SELECT count(*) FROM pg_prepared_statements": b"0",
    "SELECT count(*) FROM pg_listening_channels()": b"0",
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()": b"0",
    "SHOW lock_timeout": b"0",
    "SHOW enable_seqscan": b"on",
    "SHOW idle_in_transaction_session_timeout": b"0",
}
"""What can be left in a session, and what it looks like when nothing was."""


@pytest.fixture
def pooler(place: Place) -> Iterator[Pooler]:
    with Pooler(by_address(server(), place.url)) as pooler:
        yield pooler


@pytest.mark.parametrize("listens", [True, False])
async def test_a_run_ends_exact_through_a_pooler_and_leaves_nothing_in_its_connections(
    place: Place, pooler: Pooler, listens: bool
) -> None:
    settings = PostgresSettings(pooled=True, listen=place.url if listens else "")
    async with asyncio.timeout(ENDS_WITHIN_SECONDS):
        engine = Engine(
            Store(open_backend(PostgresUrl(pooler.url), settings)),
            Registry([ScriptManager()], [NotingWorker()]),
            QUEUE,
        )
        run_id = await engine.control.launch(TREE)
        await finish(engine, run_id)
        await engine.store.rebuild_index()
        await engine.store.backend.optimize()
        await engine.store.backend.reindex()
        await engine.store.backend.give_back()
        await engine.close()
    assert await faults(place, run_id, TREE_ENDS) == []
    assert pooler.transactions > len(TREE_ENDS.children)
    for question, nothing in STATE.items():
        assert set(await asyncio.to_thread(pooler.ask_all, question)) == {nothing}, question


async def test_two_processes_without_a_listening_connection_see_what_the_other_did(
    place: Place, pooler: Pooler
) -> None:
    settings = PostgresSettings(pooled=True)
    async with asyncio.timeout(ENDS_WITHIN_SECONDS):
        one, other = (Store(open_backend(PostgresUrl(pooler.url), settings)) for _ in range(2))
        heard = asyncio.Event()
        other.on_change(lambda _: heard.set())
        await one.launch(TREE)
        await heard.wait()
        await one.close()
        await other.close()
