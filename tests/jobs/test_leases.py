"""Leases: taken, kept alive, lost, and never written under by two."""

from collections.abc import AsyncIterator

import pytest

from quaero.jobs.engine import Engine
from quaero.models.errors import LeaseLostError
from quaero.models.job import ChildJob, Job, JobState, StepLimits
from quaero.models.outcome import End, Settlement
from quaero.store.store import Store
from quaero.store.transitions.claim import Claimed
from quaero.testing import SettableClock, open_test_engine
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import Place
from tests.waiting import until

LEASE_MS = 60_000
CHILD = ChildJob("scripted", "child", {})


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def engine(place: Place, clock: SettableClock) -> AsyncIterator[Engine]:
    async with open_test_engine(place.url, [ScriptManager()], [ScriptWorker()], clock=clock) as engine:
        yield engine
        assert await engine.store.check() == ()


async def claim(store: Store, job_type: str) -> Job | None:
    jobs = (await store.claim([job_type], 1, LEASE_MS)).jobs
    return jobs[0] if jobs else None


async def claimed_child(engine: Engine) -> Job:
    await engine.control.launch(script_definition(script_step()))
    parent = await claim(engine.store, "script")
    assert parent is not None
    await engine.store.begin_plan(parent, StepLimits())
    await engine.store.add_planned(parent, [CHILD], last=True)
    child = await claim(engine.store, "scripted")
    assert child is not None
    return child


def completed(job: Job) -> Settlement:
    return Settlement(job.id, job.lease_number, End.COMPLETED)


async def test_a_claimed_job_is_not_claimed_again_while_its_lease_holds(
    engine: Engine, clock: SettableClock
) -> None:
    await claimed_child(engine)
    clock.advance(LEASE_MS - 1)

    assert await engine.store.rescue(10) == 0
    assert await claim(engine.store, "scripted") is None


async def test_an_expired_lease_returns_the_job_and_fences_off_its_old_worker(
    engine: Engine, clock: SettableClock
) -> None:
    first = await claimed_child(engine)
    clock.advance(LEASE_MS)
    assert await engine.store.rescue(10) == 1
    second = await claim(engine.store, "scripted")

    assert second is not None
    assert (second.id, second.lost_leases) == (first.id, 1)
    assert second.lease_number > first.lease_number
    assert await engine.store.settle([completed(first)]) == [(first.id, first.lease_number)]
    assert (await engine.store.job(first.id)).state is JobState.RUNNING
    assert await engine.store.settle([completed(second)]) == []


async def test_a_heartbeat_keeps_a_lease_and_tells_which_are_lost(
    engine: Engine, clock: SettableClock
) -> None:
    child = await claimed_child(engine)
    clock.advance(LEASE_MS - 1)
    assert await engine.store.heartbeat([(child.id, child.lease_number)], LEASE_MS) == {
        (child.id, child.lease_number)
    }
    clock.advance(LEASE_MS - 1)
    assert await engine.store.rescue(10) == 0

    assert await engine.store.heartbeat([(child.id, child.lease_number - 1)], LEASE_MS) == set()


async def test_a_result_is_recorded_once_however_often_it_is_sent(engine: Engine) -> None:
    child = await claimed_child(engine)

    assert await engine.store.settle([completed(child)]) == []
    assert await engine.store.settle([completed(child)]) == [(child.id, child.lease_number)]
    assert (await engine.control.summary(child.root_id)).children.completed == 1


async def test_a_job_that_keeps_losing_its_worker_ends_as_failed(
    engine: Engine, clock: SettableClock
) -> None:
    child = await claimed_child(engine)
    for _ in range(2):
        clock.advance(LEASE_MS)
        await engine.store.rescue(3)
        assert (await claim(engine.store, "scripted")) is not None
    clock.advance(LEASE_MS)
    await engine.store.rescue(3)

    ended = await engine.store.job(child.id)
    assert (ended.state, ended.error_code) == (JobState.FAILED, "worker_lost")
    assert ended.error == "its worker was lost 3 times while it ran this job"


@pytest.mark.usefixtures("quick_deaths")
async def test_the_jobs_of_a_dead_process_return_without_waiting_for_their_lease(
    engine: Engine, place: Place
) -> None:
    child = await claimed_child(engine)
    other = place.store()
    [taken] = (await _requeue_and_claim(engine, other, child)).jobs
    assert taken.lease_owner == other.backend.owner
    assert await engine.store.rescue(10) == 0
    await other.close()

    async def rescued() -> bool:
        return await engine.store.rescue(10) == 1

    await until(rescued)
    assert (await engine.store.job(child.id)).state is JobState.PENDING


async def _requeue_and_claim(engine: Engine, other: Store, child: Job) -> Claimed:
    await engine.store.settle([Settlement(child.id, child.lease_number, End.RELEASED)])
    return await other.claim(["scripted"], 1, 10**15)


async def test_a_planning_whose_lease_is_lost_stores_nothing_more(
    engine: Engine, clock: SettableClock
) -> None:
    run_id = await engine.control.launch(script_definition(script_step()))
    first = await claim(engine.store, "script")
    assert first is not None
    await engine.store.begin_plan(first, StepLimits())
    await engine.store.add_planned(first, [CHILD], last=False)
    clock.advance(LEASE_MS)
    await engine.store.rescue(10)
    second = await claim(engine.store, "script")
    assert second is not None

    with pytest.raises(LeaseLostError):
        await engine.store.add_planned(first, [CHILD], last=True)
    assert await engine.store.begin_plan(second, StepLimits()) == 1
    await engine.store.add_planned(second, [CHILD], last=True)
    assert (await engine.control.summary(run_id)).children.total == 2


async def test_only_the_types_that_a_process_has_loaded_are_claimed(engine: Engine) -> None:
    await engine.control.launch(script_definition(script_step()))

    assert await claim(engine.store, "another") is None
    assert await claim(engine.store, "script") is not None


async def test_jobs_that_were_lost_together_share_the_suspicion(engine: Engine, clock: SettableClock) -> None:
    """Nine bystanders of what kills the workers: with a limit of 2 a job alone fails at its second loss."""
    await engine.control.launch(script_definition(script_step()))
    parent = await claim(engine.store, "script")
    assert parent is not None
    await engine.store.begin_plan(parent, StepLimits())
    await engine.store.add_planned(parent, [CHILD] * 10, last=True)
    for _ in range(19):
        await engine.store.claim(["scripted"], 10, LEASE_MS)
        clock.advance(LEASE_MS)
        assert await engine.store.rescue(2) == 10
    assert (await engine.store.progress(parent.id)).counts.failed == 0

    await engine.store.claim(["scripted"], 10, LEASE_MS)
    clock.advance(LEASE_MS)
    await engine.store.rescue(2)
    assert (await engine.store.progress(parent.id)).counts.failed == 10
