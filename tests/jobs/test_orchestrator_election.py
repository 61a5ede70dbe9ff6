"""One of several processes watches over the runs; when it is gone, however it went, the next one does.

These tests wait for what must happen and would wait for ever if it did not; `PATIENCE` only ends a broken one.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest

from quaero.jobs.engine import Engine, Work
from quaero.models.errors import QuaeroError
from quaero.models.job import JobState
from quaero.settings import QueueSettings
from quaero.store.store import Store
from quaero.store.transaction import Transaction
from quaero.store.transitions.duties import ORCHESTRATOR, Holder, holder
from quaero.testing import open_test_engine
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import Place
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.usefixtures("quick_deaths")

FOR_EVER_MS = 10**12
TWO_STEPS = script_definition(script_step("first", count=3), script_step("second", count=3))


@asynccontextmanager
async def process(place: Place) -> AsyncIterator[Engine]:
    """An engine as another process would have it: with an owner and connections of its own."""
    async with open_test_engine(
        place.url, [ScriptManager()], [ScriptWorker()], queue=QueueSettings()
    ) as engine:
        yield engine


async def duty_of(store: Store) -> Holder | None:
    return await store.backend.read(holder, ORCHESTRATOR)


async def until_on_duty(engine: Engine) -> None:
    async def on_duty() -> bool:
        held = await duty_of(engine.store)
        return held is not None and held.owner == engine.store.backend.owner

    await until(on_duty)


async def ends(engine: Engine, run_id: int) -> JobState:
    """How a run ends that somebody else works on, too."""
    async with asyncio.timeout(PATIENCE):
        async for _ in engine.hub.follow(run_id):
            pass
    assert await engine.store.check() == ()
    return (await engine.store.job(run_id)).state


async def kill(engine: Engine, work: Work) -> None:
    """What is left of a process that was killed: nothing of it runs, nothing was signed off, its lock is gone."""
    for loop in work.loops:
        if loop.task is not None:
            loop.task.cancel()
            await asyncio.gather(loop.task, return_exceptions=True)
    await engine.store.close()


async def test_of_two_processes_one_has_the_duty(place: Place) -> None:
    async with process(place) as one, process(place) as other, one.working() as first:
        await until_on_duty(one)
        async with other.working() as second:
            run_id = await one.control.launch(TWO_STEPS)
            assert await ends(other, run_id) is JobState.COMPLETED
            assert (first.orchestrator.on_duty, second.orchestrator.on_duty) == (True, False)


async def test_a_process_that_leaves_hands_the_duty_over(place: Place) -> None:
    async with process(place) as one, process(place) as other, AsyncExitStack() as stack:
        async with one.working():
            await until_on_duty(one)
            await stack.enter_async_context(other.working())

        await until_on_duty(other)
        assert await ends(other, await other.control.launch(TWO_STEPS)) is JobState.COMPLETED


async def test_the_duty_of_a_killed_process_is_taken_over_and_its_runs_end(place: Place) -> None:
    async with process(place) as other:
        one = Engine(place.store(), other.registry, QueueSettings())
        working = one.working()
        first = await working.__aenter__()
        await until_on_duty(one)
        run_id = await one.control.launch(TWO_STEPS)
        await kill(one, first)

        async with other.working():
            await until_on_duty(other)
            assert await ends(other, run_id) is JobState.COMPLETED

        with suppress(QuaeroError):
            await working.__aexit__(None, None, None)


async def test_the_duty_of_a_process_that_was_killed_by_the_system_is_taken_over(place: Place) -> None:
    async with process(place) as engine:
        run_id = await engine.control.launch(TWO_STEPS)
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.jobs.duty_process", place.url, stdin=PIPE, stdout=PIPE
        )
        assert child.stdout is not None
        assert await child.stdout.readline() == b"True\n"
        held = await duty_of(engine.store)
        assert held is not None
        assert held.owner != engine.store.backend.owner
        async with engine.working():
            child.kill()
            await child.wait()

            await until_on_duty(engine)
            assert await ends(engine, run_id) is JobState.COMPLETED


async def test_the_duty_of_a_process_that_hangs_is_taken_over_when_its_lease_runs_out(place: Place) -> None:
    async with process(place) as engine:
        hanging = place.store()
        assert await hanging.take_duty(ORCHESTRATOR, 300)
        async with engine.working():
            assert await ends(engine, await engine.control.launch(TWO_STEPS)) is JobState.COMPLETED
        assert not await hanging.fold(on_duty=True)
        await hanging.close()


async def test_a_process_that_lost_the_duty_stops_watching(place: Place) -> None:
    async with process(place) as engine, engine.working() as work:
        await until_on_duty(engine)
        thief = place.store()
        await thief.backend.write(_take_away, thief.backend.owner)
        run_id = await engine.control.launch(TWO_STEPS)
        await until(_off_duty(work))

        await thief.sign_off()

        assert await ends(engine, run_id) is JobState.COMPLETED
        await thief.close()


def _off_duty(work: Work) -> Callable[[], Awaitable[bool]]:
    async def off_duty() -> bool:
        return not work.orchestrator.on_duty

    return off_duty


def _take_away(tx: Transaction, owner: str) -> None:
    tx.rows("forget_duties")
    tx.rows("take_duty", name=ORCHESTRATOR, owner=owner, lease_until=FOR_EVER_MS, ticks=0, dead_owners="[]")


async def test_a_run_goes_on_although_the_duty_changes_hands_in_the_middle_of_it(place: Place) -> None:
    """The first process finishes the first step and is killed; the events are still numbered without gap."""
    waits = script_definition(
        script_step("first", children=[{"name": "slow", "wait": True}]), script_step("second")
    )
    worker = ScriptWorker()
    async with open_test_engine(place.url, [ScriptManager()], [worker]) as other:
        one = Engine(place.store(), other.registry, QueueSettings())
        working = one.working()
        first = await working.__aenter__()
        await until_on_duty(one)
        run_id = await one.control.launch(waits)
        async with asyncio.timeout(PATIENCE):
            await worker.start_of("slow").wait()
        await kill(one, first)
        worker.release("slow")

        async with other.working():
            assert await ends(other, run_id) is JobState.COMPLETED

        events = await other.store.events(run_id)
        assert [event.number for event in events] == list(range(1, len(events) + 1))
        with suppress(QuaeroError):
            await working.__aexit__(None, None, None)
