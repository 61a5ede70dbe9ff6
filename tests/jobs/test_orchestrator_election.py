"""One of several processes watches over the runs; when it is gone, however it went, the next one does.

These tests wait for what must happen and would wait for ever if it did not; `PATIENCE` only ends a broken one.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest

from quaero.jobs.engine import Engine, Work
from quaero.models.errors import QuaeroError
from quaero.models.job import JobState
from quaero.settings import QueueSettings
from quaero.store.sqlite.backend import SqliteBackend
from quaero.store.store import Store
from quaero.store.transaction import Transaction
from quaero.store.transitions.duties import ORCHESTRATOR, Holder, holder
from quaero.testing import open_test_engine
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step

PATIENCE = 60
LOOK_AGAIN = 0.01
FOR_EVER_MS = 10**12
TWO_STEPS = script_definition(script_step("first", count=3), script_step("second", count=3))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "test.db"


@asynccontextmanager
async def process(path: Path) -> AsyncIterator[Engine]:
    """An engine as another process would have it: with an owner and connections of its own."""
    async with open_test_engine(path, [ScriptManager()], [ScriptWorker()], queue=QueueSettings()) as engine:
        yield engine


async def duty_of(store: Store) -> Holder | None:
    return await store.backend.read(holder, ORCHESTRATOR)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Until it holds: nobody announces who has a duty, so it is looked at again and again."""
    async with asyncio.timeout(PATIENCE):
        while not await holds():  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(LOOK_AGAIN)


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


async def test_of_two_processes_one_has_the_duty(path: Path) -> None:
    async with process(path) as one, process(path) as other, one.working() as first:
        await until_on_duty(one)
        async with other.working() as second:
            run_id = await one.control.launch(TWO_STEPS)
            assert await ends(other, run_id) is JobState.COMPLETED
            assert (first.orchestrator.on_duty, second.orchestrator.on_duty) == (True, False)


async def test_a_process_that_leaves_hands_the_duty_over(path: Path) -> None:
    async with process(path) as one, process(path) as other, AsyncExitStack() as stack:
        async with one.working():
            await until_on_duty(one)
            await stack.enter_async_context(other.working())

        await until_on_duty(other)
        assert await ends(other, await other.control.launch(TWO_STEPS)) is JobState.COMPLETED


async def test_the_duty_of_a_killed_process_is_taken_over_and_its_runs_end(path: Path) -> None:
    async with process(path) as other:
        one = Engine(Store(SqliteBackend(path)), other.registry, QueueSettings())
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


async def test_the_duty_of_a_process_that_was_killed_by_the_system_is_taken_over(path: Path) -> None:
    async with process(path) as engine:
        run_id = await engine.control.launch(TWO_STEPS)
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.jobs.duty_process", str(path), stdin=PIPE, stdout=PIPE
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


async def test_the_duty_of_a_process_that_hangs_is_taken_over_when_its_lease_runs_out(path: Path) -> None:
    async with process(path) as engine:
        hanging = Store(SqliteBackend(path))
        assert await hanging.take_duty(ORCHESTRATOR, 300)
        async with engine.working():
            assert await ends(engine, await engine.control.launch(TWO_STEPS)) is JobState.COMPLETED
        assert not await hanging.fold(on_duty=True)
        await hanging.close()


async def test_a_process_that_lost_the_duty_stops_watching(path: Path) -> None:
    async with process(path) as engine, engine.working() as work:
        await until_on_duty(engine)
        thief = Store(SqliteBackend(path))
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


async def test_a_run_goes_on_although_the_duty_changes_hands_in_the_middle_of_it(path: Path) -> None:
    """The first process finishes the first step and is killed; the events are still numbered without gap."""
    waits = script_definition(
        script_step("first", children=[{"name": "slow", "wait": True}]), script_step("second")
    )
    worker = ScriptWorker()
    async with open_test_engine(path, [ScriptManager()], [worker]) as other:
        one = Engine(Store(SqliteBackend(path)), other.registry, QueueSettings())
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
