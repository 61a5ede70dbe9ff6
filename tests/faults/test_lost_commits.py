"""A COMMIT that is cut off: the caller gets the true result of every transition, and nothing happens twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest

from quaero.models.errors import QuaeroError
from quaero.store.store import Store
from quaero.store.transitions.claim import Claimed
from quaero.testing import SettableClock
from tests.crash import acts
from tests.crash.bases import Base, ended, middle, planning
from tests.faults.proxy import Fate, Proxy, by_address
from tests.kit import script_definition, script_step
from tests.places import Place, PostgresPlace
from tests.postgres_server import Server, server
from tests.store.tree import announced

pytestmark = pytest.mark.only("postgres", reason="network")

ANSWER_WITHIN_SECONDS = 30

OUTLINE = (
    "SELECT kind, name, state, attempt, lost_leases, lease_number, error_code FROM jobs ORDER BY 1, 2, 3",
    "SELECT step, total, pending, running, completed, failed, cancelled, created FROM progress ORDER BY 1",
    "SELECT type, count(*) FROM events GROUP BY type ORDER BY 1",
    "SELECT canonical_url FROM documents ORDER BY 1",
    "SELECT message, count(*) FROM log_lines GROUP BY message ORDER BY 1",
    "SELECT name FROM duties ORDER BY 1",
    "SELECT scope, key, paused, concurrency FROM gates ORDER BY 1, 2",
)
"""What the store holds, but for what depends on chance: numbers of rows that an attempt used up, names of processes."""

BUILDERS = {"middle": middle, "planning": planning, "ended": ended}
BASES = {
    **dict.fromkeys([*acts.ALWAYS, *acts.HELD, *acts.PENDING, *acts.FAILED], "middle"),
    **dict.fromkeys(acts.PLANNED, "planning"),
    **dict.fromkeys(["retry run", "delete"], "ended"),
}
ACTS = {**acts.ALWAYS, **acts.HELD, **acts.PENDING, **acts.FAILED, **acts.PLANNED}


@asynccontextmanager
async def store_in(place: Place) -> AsyncIterator[Store]:
    store = place.store(clock=SettableClock())
    try:
        yield store
    finally:
        await store.close()


async def result_of(store: Store, act: str, base: Base) -> Any:
    """What its caller gets, without what depends on chance."""
    try:
        result = await ACTS[act](store, base)
    except QuaeroError as error:
        return error.line()
    if isinstance(result, Claimed):
        return [(job.name, job.attempt, job.lease_number) for job in result.jobs]
    if act.startswith("launch"):
        return (await store.job(result)).name
    return result


async def told(act: str, place: Place, proxy: Proxy | None = None, fate: Fate = Fate.PASSES) -> list[Any]:
    """The result, and what is in the store then; with the proxy the first COMMIT has that fate."""
    async with asyncio.timeout(ANSWER_WITHIN_SECONDS), store_in(place) as store:
        base = cast(
            Base, SimpleNamespace(run_id=0, step=None, planner=None, held={}, pending=0, failed=0)
        )
        await BUILDERS[BASES[act]](store, base)
        await announced(store)
        if proxy is not None:
            proxy.once(fate)
        result = await result_of(store, act, base)
        assert await store.check() == ()
        return [result, *(place.rows(question) for question in OUTLINE)]


@pytest.mark.parametrize("act", ACTS)
async def test_each_transition_happens_once_and_its_caller_gets_its_result(
    place: Place, proxy: Proxy, act: str
) -> None:
    without_faults = await told(act, place)
    for fate in (Fate.REPLY_LOST, Fate.LOST):
        other = PostgresPlace(server().create_database())
        with Proxy(by_address(server(), other.url)) as way:
            assert await told(act, PostgresPlace(way.url), way, fate) == without_faults, fate
            assert way.commits > 0
        other.remove()


async def test_a_commit_that_was_lost_in_a_crash_is_not_taken_for_another_that_got_its_number() -> None:
    """The server gives the number of a transaction anew, when nothing of it was on the disk."""
    with Server.private() as private:
        url = by_address(private, private.create_database())
        with Proxy(url) as proxy:
            async with asyncio.timeout(ANSWER_WITHIN_SECONDS), store_in(PostgresPlace(proxy.url)) as store:
                await announced(store)
                proxy.once(Fate.HELD)
                launching = asyncio.create_task(store.launch(script_definition(script_step())))
                await asyncio.to_thread(proxy.wait_until_held)
                proxy.refuse()
                private.restart("immediate")
                for _ in range(20):
                    with psycopg.connect(url) as other:
                        other.execute("SELECT pg_current_xact_id()")
                proxy.accept()

                run_id = await launching

                assert (await store.job(run_id)).id == run_id
