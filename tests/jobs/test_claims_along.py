"""An idle processor takes up what its own managers plan in the transaction that stores it."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from quaero.jobs.engine import Engine
from quaero.jobs.manager import PlanContext
from quaero.jobs.worker import JobContext
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import ChildJob, Job, JobKind, JobState
from quaero.models.outcome import Outcome
from quaero.settings import QueueSettings
from quaero.store.reads import JobFilter
from quaero.testing import open_test_engine
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import Place

SECONDS = 5
"""Longer than any of these runs takes; only what hangs gets there."""

TURNS = 300
"""Of the event loop: enough for everything that is not waiting for the database."""

ONE_CHILD = script_definition(script_step(count=1))
ONE_THAT_WAITS = script_definition(script_step(children=[{"name": "waits", "wait": True}]))


class Stop:
    """Lets the writer stand still in the transaction that claims what was planned, before that statement.

    `of_plan`: in that of the first plan, or of a later one.
    """

    def __init__(self, of_plan: int = 1) -> None:
        self._of_plan = of_plan
        self.reached, self.go_on = asyncio.Event(), threading.Event()
        self.names: list[str] = []
        self._loop = asyncio.get_running_loop()

    def __call__(self, name: str) -> None:
        self.names.append(name)
        plans = self.names.count("insert_children")
        if name == "claim_jobs" and plans == self._of_plan and not self.reached.is_set():
            self._loop.call_soon_threadsafe(self.reached.set)
            self.go_on.wait(SECONDS)


async def ended(engine: Engine, run_id: int) -> JobState:
    async for _ in engine.hub.follow(run_id):
        pass
    return (await engine.store.job(run_id)).state


async def only_child(engine: Engine, run_id: int) -> Job:
    [child] = (await engine.store.jobs(JobFilter(root_id=run_id, kind=JobKind.CHILD))).items
    return child


async def test_a_child_is_claimed_in_the_commit_that_stores_it(place: Place) -> None:
    names: list[str] = []
    async with open_test_engine(
        place.url, [ScriptManager()], [ScriptWorker()], before_statement=names.append
    ) as engine:
        run_id = await engine.control.launch(ONE_CHILD)
        async with asyncio.timeout(SECONDS), engine.working(run_id):
            assert await ended(engine, run_id) is JobState.COMPLETED

    planned = names.index("insert_children")
    assert names.index("claim_jobs", planned) < names.index("COMMIT", planned)


async def test_a_processor_that_stops_while_its_claim_is_taken_along_leaves_no_job_behind(
    place: Place,
) -> None:
    stop = Stop()
    async with open_test_engine(
        place.url, [ScriptManager()], [ScriptWorker()], before_statement=stop
    ) as engine:
        run_id = await engine.control.launch(ONE_THAT_WAITS)
        async with engine.working(run_id):
            await stop.reached.wait()
            asyncio.get_running_loop().call_soon(stop.go_on.set)

        child = await only_child(engine, run_id)
        assert (child.state, child.lease_owner) == (JobState.PENDING, None)
        assert await engine.store.check() == ()


async def test_what_is_taken_along_is_executed_though_the_planning_is_stopped_meanwhile(place: Place) -> None:
    stop = Stop()
    async with open_test_engine(
        place.url, [ScriptManager()], [ScriptWorker()], before_statement=stop
    ) as engine:
        run_id = await engine.control.launch(ONE_CHILD)
        async with asyncio.timeout(SECONDS), engine.working(run_id):
            await stop.reached.wait()
            [planning] = [task for task in asyncio.all_tasks() if task.get_name() == f"job {run_id + 1}"]
            planning.cancel()
            stop.go_on.set()
            assert await ended(engine, run_id) is JobState.COMPLETED

        child = await only_child(engine, run_id)
        assert (child.state, child.attempt) == (JobState.COMPLETED, 1)


async def test_a_run_that_is_cancelled_while_its_child_is_taken_along_ends_cancelled(place: Place) -> None:
    stop, worker = Stop(), ScriptWorker()
    async with open_test_engine(place.url, [ScriptManager()], [worker], before_statement=stop) as engine:
        run_id = await engine.control.launch(ONE_THAT_WAITS)
        async with asyncio.timeout(SECONDS), engine.working(run_id):
            await stop.reached.wait()
            cancelling = asyncio.create_task(engine.control.cancel(run_id))
            await asyncio.sleep(0)
            stop.go_on.set()
            await cancelling
            assert await ended(engine, run_id) is JobState.CANCELLED

        child = await only_child(engine, run_id)
        assert (child.state, child.lease_owner) == (JobState.CANCELLED, None)
        assert await engine.store.check() == ()


class Counting:
    """Tells how many of its jobs were executed at once. They last until that were `enough`, and some time more."""

    worker_type = "scripted"

    def __init__(self, enough: int) -> None:
        self.now, self.most, self._enough = 0, 0, enough
        self._reached = asyncio.Event()
        self.first_begins, self.first_ends = asyncio.Event(), asyncio.Event()

    def validate(self, job: Job) -> None:
        pass

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        if job.name == "first":
            self.first_begins.set()
            await self.first_ends.wait()
            return Outcome()
        self.now += 1
        self.most = max(self.most, self.now)
        if self.most >= self._enough:
            self._reached.set()
        await self._reached.wait()
        for _ in range(TURNS):
            await asyncio.sleep(0)
        self.now -= 1
        return Outcome()

    async def close(self) -> None:
        pass


async def test_room_that_is_promised_to_what_is_taken_along_is_not_given_to_others(place: Place) -> None:
    """A job ends, and so the processor looks for another one, while a transaction claims for it."""
    worker, stop = Counting(5), Stop(of_plan=2)
    first = script_definition(script_step(children=[{"name": "first"}]), id="first")
    async with (
        open_test_engine(
            place.url, [ScriptManager()], [worker], queue=QueueSettings(concurrency=5), before_statement=stop
        ) as engine,
        asyncio.timeout(4 * SECONDS),
        engine.working(),
    ):
        first_run = await engine.control.launch(first)
        await worker.first_begins.wait()
        run_id = await engine.control.launch(script_definition(script_step(count=20), id="second"))
        await stop.reached.wait()
        worker.first_ends.set()
        for _ in range(TURNS):
            await asyncio.sleep(0)
        stop.go_on.set()
        assert await ended(engine, run_id) is JobState.COMPLETED
        assert await ended(engine, first_run) is JobState.COMPLETED

    assert worker.most == 5


class SlowManager(ScriptManager):
    """Plans one child once it is let."""

    manager_type = "slow"

    def __init__(self) -> None:
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def create_parent_job(
        self, step: JobStep, definition: JobDefinition, parent_job_id: int, config: Any, context: PlanContext
    ) -> AsyncIterator[ChildJob]:
        self.begun.set()
        await self.go_on.wait()
        yield ChildJob("scripted", "late", {})


@pytest.mark.only("postgres", reason="sessions")
async def test_while_a_plan_waits_for_its_run_the_processor_claims_what_there_is_elsewhere(
    place: Place,
) -> None:
    """Another process stands still in a transaction on the run."""
    stands, let_go = threading.Event(), threading.Event()

    def stand_still(name: str) -> None:
        if name == "COMMIT":
            stands.set()
            let_go.wait(SECONDS)

    manager = SlowManager()
    slow = JobDefinition(id="slow", name="Slow", steps=(JobStep("step", "slow", {}),))
    async with open_test_engine(place.url, [ScriptManager(), manager], [ScriptWorker()]) as engine:
        other = place.store(before_statement=stand_still)
        try:
            async with asyncio.timeout(2 * SECONDS), engine.working():
                slow_run = await engine.control.launch(slow)
                await manager.begun.wait()
                disturbing = asyncio.create_task(other.set_priority(slow_run, 1))
                await asyncio.to_thread(stands.wait, SECONDS)
                manager.go_on.set()
                quick_run = await engine.control.launch(ONE_CHILD)
                assert await ended(engine, quick_run) is JobState.COMPLETED
                assert not disturbing.done()
                let_go.set()
                await disturbing
                assert await ended(engine, slow_run) is JobState.COMPLETED
        finally:
            let_go.set()
            await other.close()
