"""A COMMIT that is cut off: the caller gets the true result of every transition, and nothing happens twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest

from quaero.models.errors import QuaeroError
from quaero.models.job import JobKind
from quaero.store.postgres.connection import Connection
from quaero.store.reads import JobFilter
from quaero.store.store import Store
from quaero.store.transitions.claim import Claimed
from quaero.testing import SettableClock
from tests.crash import acts
from tests.crash.bases import Base, ended, middle, planning
from tests.crash.methods import LoseAnswer
from tests.crash.two_sessions import Launched
from tests.faults.proxy import Fate, Proxy, by_address
from tests.kit import script_definition, script_step
from tests.places import Place, PostgresPlace
from tests.postgres_server import Server, server
from tests.store.tree import announced

pytestmark = pytest.mark.only("postgres", reason="network")

ANSWER_WITHIN_SECONDS = 30

OUTLINE = (
    "SELECT kind, name, state, attempt, lost_leases, lease_number, error_code FROM jobs",
    "SELECT step, total, pending, running, completed, failed, cancelled, created FROM progress",
    "SELECT type, count(*) FROM events GROUP BY type",
    "SELECT canonical_url FROM documents",
    "SELECT message, count(*) FROM log_lines GROUP BY message",
    "SELECT name FROM duties",
    "SELECT scope, key, paused, concurrency FROM gates",
)
"""What the store holds, but for what depends on chance: numbers of rows that an attempt used up, names of processes."""

BUILDERS = {"middle": middle, "planning": planning, "ended": ended}
BASES = {
    **dict.fromkeys([*acts.ALWAYS, *acts.HELD, *acts.PENDING, *acts.FAILED], "middle"),
    **dict.fromkeys(acts.PLANNED, "planning"),
    **dict.fromkeys(["retry run", "delete"], "ended"),
}
ACTS = {**acts.ALWAYS, **acts.HELD, **acts.PENDING, **acts.FAILED, **acts.PLANNED}


@dataclass
class Start:
    """A store in the middle of things, which nobody has open."""

    place: PostgresPlace
    base: Base


@pytest.fixture(scope="module")
def starts() -> Iterator[dict[str, Start]]:
    """Those that were made so far, by the names of their builders."""
    made: dict[str, Start] = {}
    yield made
    for start in made.values():
        start.place.remove()


async def start_of(act: str, starts: dict[str, Start]) -> Start:
    """Where the act has a target."""
    name = BASES[act]
    if name not in starts:
        nothing = SimpleNamespace(run_id=0, step=None, planner=None, held={}, pending=0, failed=0)
        starts[name] = Start(PostgresPlace(server().create_database()), cast(Base, nothing))
        async with store_in(starts[name].place) as store:
            await BUILDERS[name](store, starts[name].base)
    return starts[name]


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
    if isinstance(result, Launched):
        return (await store.job(result.run_id)).name
    return result


async def told(start: Start, act: str, fate: Fate) -> list[Any]:
    """The result of the act, and what is in the store then; the first COMMIT has that fate."""
    place = PostgresPlace(server().create_database(start.place.url))
    with Proxy(by_address(server(), place.url)) as proxy:
        async with asyncio.timeout(ANSWER_WITHIN_SECONDS), store_in(PostgresPlace(proxy.url)) as store:
            proxy.once(fate)
            result = await result_of(store, act, start.base)
            assert await store.check() == ()
        found = [result, *(sorted(place.rows(question), key=str) for question in OUTLINE)]
    place.remove()
    return found


@pytest.mark.parametrize("act", ACTS)
async def test_each_transition_happens_once_and_its_caller_gets_its_result(
    place: Place, starts: dict[str, Start], act: str
) -> None:
    start = await start_of(act, starts)
    without_faults = await told(start, act, Fate.PASSES)
    assert await told(start, act, Fate.REPLY_LOST) == without_faults
    assert await told(start, act, Fate.LOST) == without_faults


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


async def test_a_connection_that_breaks_while_the_commit_is_sent_may_have_sent_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = LoseAnswer(1, arrives=True)
    async with asyncio.timeout(ANSWER_WITHIN_SECONDS), store_in(cast(PostgresPlace, place)) as store:
        await announced(store)
        monkeypatch.setattr(Connection, "execute", fault.method())

        run_id = await store.launch(script_definition(script_step()))

        assert fault.count >= 1
        assert [job.id for job in (await store.jobs(JobFilter(kind=JobKind.RUN))).items] == [run_id]
