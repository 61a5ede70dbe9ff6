"""The processor against workers that misbehave, and when it is told to stop at a bad moment."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from quaero.jobs.engine import Engine
from quaero.jobs.worker import JobContext
from quaero.models.definition import JobDefinition
from quaero.models.errors import ConflictError, JobFailure
from quaero.models.job import Job, JobKind, JobState
from quaero.models.outcome import Outcome
from quaero.settings import QueueSettings
from quaero.store.reads import JobFilter
from quaero.testing import SettableClock, open_test_engine
from tests.kit import ScriptManager, script_definition, script_step
from tests.places import Place

SECONDS = 3
"""Longer than any of these runs takes; only a run that hangs gets there."""

ONE_CHILD = script_definition(script_step(count=1))

Execute = Callable[[Job, JobContext], Awaitable[Outcome]]


class Worker:
    """Executes every job with the function."""

    worker_type = "scripted"

    def __init__(self, execute: Execute) -> None:
        self._execute = execute

    def validate(self, job: Job) -> None:
        pass

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        return await self._execute(job, context)

    async def close(self) -> None:
        pass


@asynccontextmanager
async def engine_of(place: Place, execute: Execute) -> AsyncIterator[Engine]:
    async with open_test_engine(place.url, [ScriptManager()], [Worker(execute)]) as engine:
        yield engine


async def run(engine: Engine, definition: JobDefinition = ONE_CHILD) -> int:
    """Start a run and execute it; fails unless it ends while every background part works."""
    run_id = await engine.control.launch(definition)
    async with engine.working(run_id) as work:
        end = asyncio.create_task(drain(engine.hub.follow(run_id)))
        failure = asyncio.create_task(work.failure())
        done, pending = await asyncio.wait(
            {end, failure}, timeout=SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
    assert done == {end}
    return run_id


async def drain(events: AsyncIterator[object]) -> None:
    async for _ in events:
        pass


async def child_of_run(engine: Engine) -> Job:
    """The child of a run of one, after the run has ended."""
    return await only_child(engine, await run(engine))


async def only_child(engine: Engine, run_id: int) -> Job:
    [child] = (await engine.store.jobs(JobFilter(root_id=run_id, kind=JobKind.CHILD))).items
    return child


async def test_a_processor_that_stops_while_it_claims_leaves_no_job_behind(place: Place) -> None:
    claiming, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def before_statement(name: str) -> None:
        if name == "claim_jobs":
            loop.call_soon_threadsafe(claiming.set)
            go_on.wait(SECONDS)

    async with open_test_engine(
        place.url, [ScriptManager()], [], before_statement=before_statement
    ) as engine:
        run_id = await engine.control.launch(ONE_CHILD)
        async with engine.working(run_id):
            await claiming.wait()
            loop.call_soon(go_on.set)
        await engine.store.fold()  # whatever was asked of the writer before is done when this is

        parent = await engine.store.job(run_id + 1)
        assert parent.lease_owner is None


async def test_a_worker_that_is_slow_to_stop_does_not_harm_the_next_execution(place: Place) -> None:
    first_stops, second_runs, let_first_end, let_second_end = (asyncio.Event() for _ in range(4))

    async def execute(job: Job, context: JobContext) -> Outcome:
        if not first_stops.is_set():
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                first_stops.set()
            await let_first_end.wait()
        else:
            second_runs.set()
            await let_second_end.wait()
        return Outcome()

    async with engine_of(place, execute) as engine:
        run_id = await engine.control.launch(ONE_CHILD)
        async with asyncio.timeout(SECONDS), engine.working(run_id):
            await running(engine, run_id)
            await engine.control.cancel(run_id)
            await first_stops.wait()
            await engine.control.retry(run_id)
            await second_runs.wait()
            let_first_end.set()
            await asyncio.sleep(0)
            let_second_end.set()
            await drain(engine.hub.follow(run_id, after=(await engine.store.run(run_id)).last_event))

        assert (await only_child(engine, run_id)).state is JobState.COMPLETED


async def running(engine: Engine, run_id: int) -> None:
    """Returns when the child of a run is claimed."""
    async for event in engine.hub.follow(run_id):
        begins = event.type == "job_status_change" and event.data["after"] == "running"
        if begins and (await engine.store.job(event.job_id)).kind is JobKind.CHILD:
            return


async def test_a_worker_that_cancels_itself_has_failed_and_is_not_tried_for_ever(place: Place) -> None:
    executed = 0

    async def execute(job: Job, context: JobContext) -> Outcome:
        nonlocal executed
        executed += 1
        if executed > 20:
            return Outcome()
        raise asyncio.CancelledError

    async with engine_of(place, execute) as engine:
        child = await child_of_run(engine)

    assert child.state is JobState.FAILED
    assert executed == 3


@pytest.mark.parametrize("retryable", [False, True])
async def test_an_error_text_that_is_no_unicode_concerns_its_job_alone(place: Place, retryable: bool) -> None:
    async def execute(job: Job, context: JobContext) -> Outcome:
        raise JobFailure("no such file: \udcff", retryable=retryable)

    async with engine_of(place, execute) as engine:
        child = await child_of_run(engine)

    assert child.state is JobState.FAILED


async def test_a_log_line_that_is_no_unicode_concerns_its_job_alone(place: Place) -> None:
    async def execute(job: Job, context: JobContext) -> Outcome:
        context.log("header: \udcff")
        return Outcome()

    async with engine_of(place, execute) as engine:
        child = await child_of_run(engine)

    assert child.state.final


async def test_a_wait_without_end_is_a_failure(place: Place) -> None:
    async def execute(job: Job, context: JobContext) -> Outcome:
        raise JobFailure("busy", retryable=True, retry_after=float("inf"))

    async with engine_of(place, execute) as engine:
        child = await child_of_run(engine)

    assert child.state is JobState.FAILED


async def test_a_step_whose_config_its_manager_no_longer_reads_fails(place: Place) -> None:
    async def execute(job: Job, context: JobContext) -> Outcome:
        return Outcome()

    async with engine_of(place, execute) as engine:
        run_id = await run(engine, script_definition(script_step(of_an_older_version=True)))
        state = (await engine.store.job(run_id)).state

    assert state is JobState.FAILED


async def test_two_launches_at_once_start_one_run(place: Place) -> None:
    async def execute(job: Job, context: JobContext) -> Outcome:
        return Outcome()

    async with engine_of(place, execute) as engine:
        answers = await asyncio.gather(
            engine.control.launch(ONE_CHILD), engine.control.launch(ONE_CHILD), return_exceptions=True
        )

    assert [type(answer) for answer in answers if not isinstance(answer, int)] == [ConflictError]


async def test_following_a_run_from_behind_its_end_ends(place: Place) -> None:
    async def execute(job: Job, context: JobContext) -> Outcome:
        return Outcome()

    async with engine_of(place, execute) as engine:
        child = await child_of_run(engine)
        last = (await engine.store.run(child.root_id)).last_event
        async with asyncio.timeout(SECONDS):
            assert [event async for event in engine.hub.follow(child.root_id, after=last)] == []


async def test_an_execution_whose_lease_is_lost_is_stopped_though_the_job_runs_here_again(
    place: Place,
) -> None:
    clock = SettableClock()
    first_runs, first_stops, second_runs = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def execute(job: Job, context: JobContext) -> Outcome:
        (second_runs if first_runs.is_set() else first_runs).set()
        try:
            await asyncio.Event().wait()
        finally:
            first_stops.set()
        return Outcome()

    queue = QueueSettings(heartbeat_ms=10)
    async with open_test_engine(
        place.url, [ScriptManager()], [Worker(execute)], queue=queue, clock=clock
    ) as engine:
        run_id = await engine.control.launch(ONE_CHILD)
        async with engine.working(run_id):
            await first_runs.wait()
            while not second_runs.is_set():
                clock.advance(queue.lease_ms)
                if await engine.store.rescue(queue.max_lost_leases):
                    await second_runs.wait()
            async with asyncio.timeout(SECONDS):
                await first_stops.wait()
