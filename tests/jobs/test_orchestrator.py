"""The parts at work together: woken instead of polling, within their settings, leases kept alive."""

import asyncio

import pytest

from quaero.jobs.engine import Engine
from quaero.jobs.orchestrator import event_hub, job_orchestrator
from quaero.models.event import Recorded
from quaero.models.job import JobState
from quaero.models.progress import Progress
from quaero.settings import QueueSettings
from quaero.testing import SettableClock, finish, open_test_engine, run_to_end
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import Place

FAR_AWAY = 3_600.0
SECONDS = 60
"""Far more than it takes, far less than an hour."""

LEASE_MS = 1_000


async def all_events(engine: Engine, run_id: int) -> list[Recorded]:
    found: list[Recorded] = []
    while page := await engine.store.events(run_id, after=found[-1].number if found else 0):
        found += page
    return found


async def test_a_run_ends_because_its_last_child_did_and_not_because_somebody_looks(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody looks of his own accord for an hour."""
    monkeypatch.setattr(job_orchestrator, "SWEEP_SECONDS", FAR_AWAY)
    monkeypatch.setattr(event_hub, "NET_SECONDS", FAR_AWAY)
    steps = script_step("one", count=5), script_step("empty"), script_step("two", count=5)
    async with asyncio.timeout(SECONDS):
        summary = await run_to_end(engine, script_definition(*steps))

    assert summary.job.state is JobState.COMPLETED
    assert summary.children == Progress(total=10, completed=10)


async def test_the_progress_of_a_step_never_goes_back(engine: Engine) -> None:
    children = [{"name": f"finder {n}", "spawn": [{"name": f"found {n}"}]} for n in range(300)]
    summary = await run_to_end(engine, script_definition(script_step(children=children)))

    told = [e.data for e in await all_events(engine, summary.job.id) if e.type == "parent_job_progress"]
    for count in ("total", "completed"):
        assert [data[count] for data in told] == sorted(data[count] for data in told)
    assert told[-1]["progress_text"] == "0 pending, 0 running, 600 completed, 0 failed"


async def test_a_process_executes_as_many_jobs_at_once_as_its_settings_say(
    place: Place, worker: ScriptWorker
) -> None:
    queue = QueueSettings(concurrency=3)
    names = [f"child {n}" for n in range(7)]
    async with open_test_engine(place.url, [ScriptManager()], [worker], queue=queue) as engine:
        step = script_step(children=[{"name": name, "wait": True} for name in names])
        run_id = await engine.control.launch(script_definition(step))
        async with engine.working(run_id):
            for number, name in enumerate(names):
                await worker.start_of(name).wait()
                running = (await engine.store.progress(run_id + 1)).counts.running
                assert running <= 3
                if number >= 2:  # the room is full: the next one begins when the oldest ends
                    assert running == 3
                    worker.release(names[number - 2])
            for name in names:
                worker.release(name)
            async for _ in engine.hub.follow(run_id):
                pass
        assert worker.executed == dict.fromkeys(names, 1)


async def test_a_job_that_takes_much_longer_than_its_lease_is_executed_once_beside_another_process(
    place: Place, worker: ScriptWorker
) -> None:
    """The clock of leases is set; only the heartbeats come by real time, and each advance waits for one."""
    clock, other_worker = SettableClock(), ScriptWorker()
    queue = QueueSettings(lease_ms=LEASE_MS, heartbeat_ms=5)
    loop, beaten = asyncio.get_running_loop(), asyncio.Event()

    def before_statement(name: str) -> None:
        if name == "extend_lease":
            loop.call_soon_threadsafe(beaten.set)

    managers, url = [ScriptManager()], place.url
    async with (
        open_test_engine(
            url, managers, [worker], queue=queue, clock=clock, before_statement=before_statement
        ) as engine,
        open_test_engine(url, managers, [other_worker], queue=queue, clock=clock) as other,
    ):
        step = script_step(children=[{"name": "slow", "wait": True}])
        run_id = await engine.control.launch(script_definition(step))
        async with engine.working(run_id):
            await worker.start_of("slow").wait()
            async with other.working(run_id):
                for _ in range(8):
                    for _ in range(2):  # the second one has begun after the clock was set
                        beaten.clear()
                        await beaten.wait()
                    clock.advance(LEASE_MS // 2)
                    assert await other.store.rescue(1) == 0
                worker.release("slow")
                async for _ in engine.hub.follow(run_id):
                    pass
        summary = await finish(engine, run_id)

    assert summary.job.state is JobState.COMPLETED
    assert worker.executed + other_worker.executed == {"slow": 1}
