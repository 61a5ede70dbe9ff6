"""A connection that is still there, but over which no answer comes: it is given up after a while."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from quaero.models.errors import NotFoundError
from quaero.store.postgres import connection, sessions, wake_ups
from quaero.store.store import Store
from quaero.store.transaction import Change
from tests.faults.proxy import Proxy
from tests.kit import script_definition, script_step
from tests.places import Place, PostgresPlace
from tests.store.tree import announced

pytestmark = pytest.mark.only("postgres", reason="network")

BOUND = 0.5
WITHIN_SECONDS = 20
DEFINITION = script_definition(script_step())


@pytest.fixture(autouse=True)
def bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "UNANSWERED_SECONDS", BOUND)
    monkeypatch.setattr(connection, "SETUP_SECONDS", BOUND)
    monkeypatch.setattr(wake_ups, "UNANSWERED_SECONDS", BOUND)
    monkeypatch.setattr(wake_ups, "SIGN_OF_LIFE_SECONDS", BOUND)


@pytest.fixture
async def store(place: Place, proxy: Proxy) -> AsyncIterator[Store]:
    store = PostgresPlace(proxy.url).store()
    async with asyncio.timeout(WITHIN_SECONDS):
        await announced(store)
        await store.gates()
        yield store
        await store.close()


async def launches(store: Store) -> None:
    run_id = await store.launch(DEFINITION, key="it")
    assert (await store.job(run_id)).id == run_id


async def fails(store: Store) -> None:
    with pytest.raises(NotFoundError):
        await store.cancel(10**9)


async def looks(store: Store) -> None:
    assert await store.gates() == ()


@pytest.mark.parametrize(
    ("query", "act"),
    [
        ("BEGIN", launches),
        ("SELECT", launches),
        ("COMMIT", launches),
        ("ROLLBACK", fails),
        ("BEGIN ISOLATION", looks),
        ("COMMIT", looks),
    ],
)
async def test_whoever_waits_in_vain_for_an_answer_asks_again_over_a_new_connection(
    store: Store, proxy: Proxy, query: str, act: Callable[[Store], Awaitable[Any]]
) -> None:
    proxy.freeze_at(query)
    await act(store)
    await asyncio.to_thread(proxy.wait_until_frozen)


async def test_a_new_connection_may_stall_too(store: Store, proxy: Proxy) -> None:
    proxy.freeze_at("SET synchronous_commit")
    proxy.cut()
    await launches(store)
    await asyncio.to_thread(proxy.wait_until_frozen)


@pytest.mark.parametrize("query", ["SELECT pg_terminate_backend", "SELECT pg_notify"])
async def test_a_process_whose_listening_connection_stalls_comes_back_and_hears_the_others(
    store: Store, place: Place, proxy: Proxy, query: str
) -> None:
    proxy.freeze_at(query)
    if query == "SELECT pg_notify":
        await store.launch(DEFINITION)
    await asyncio.to_thread(proxy.wait_until_frozen)
    await _hears_another(store, place)


@pytest.mark.parametrize("query", ["LISTEN", "SELECT pg_try_advisory_lock"])
async def test_a_listening_connection_may_stall_at_its_beginning(
    store: Store, place: Place, proxy: Proxy, query: str
) -> None:
    proxy.freeze_at(query)
    proxy.cut()
    await asyncio.to_thread(proxy.wait_until_frozen)
    await _hears_another(store, place)


async def test_who_comes_back_does_not_wait_for_the_lock_of_the_connection_that_he_lost(
    store: Store, place: Place, proxy: Proxy
) -> None:
    """The server has not heard that the old one is gone."""
    proxy.cut(server_too=False)
    await _hears_another(store, place)


async def _hears_another(store: Store, place: Place) -> None:
    """As soon as it listens again, with its lock, it is told what others do."""
    backend: Any = store.backend
    heard = asyncio.Event()
    store.on_change(lambda change: heard.set() if change & Change.READY else None)
    other = place.store()
    while not await asyncio.to_thread(backend._wake_ups.wait_until_known, BOUND):
        pass
    while not heard.is_set():
        await other.launch(DEFINITION)
        await asyncio.sleep(BOUND / 10)
    assert await other.backend.dead([store.backend.owner]) == []
    assert place.rows(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
        " AND ((classid::bigint << 32) | objid::bigint) = hashtextextended(?, 3)",
        [store.backend.owner],
    ) == [(1,)]
    await other.close()
