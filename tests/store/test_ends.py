"""When steps and runs end: at the last moment in which something could still come, and never by the clock alone."""

import asyncio

import pytest

from quaero.models.job import JobState
from quaero.models.progress import Progress
from quaero.store.store import Store
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.places import Place
from tests.store.tree import children, claim, launch, plan, settlement, state

pytestmark = pytest.mark.usefixtures("checked")

DAY_MS = 86_400_000


async def test_a_step_does_not_end_while_its_manager_may_yield_more(store: Store) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "first", last=False)
    await store.settle([settlement(job) for job in await claim(store)])
    await store.fold()
    assert (await state(store, parent.id), await state(store, run_id)) == ("running", "running")

    await store.add_planned(parent, [], last=True)
    await store.fold()
    assert (await state(store, parent.id), await state(store, run_id)) == ("completed", "completed")


async def test_the_last_open_child_that_spawns_leaves_no_moment_in_which_its_step_could_end(
    store: Store, place: Place
) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "first")
    observer = place.store()
    for name in ("second", "third", ""):
        [job] = await claim(store)
        await asyncio.gather(
            store.settle([settlement(job, spawns=[name] if name else [])]), observer.fold(), store.fold()
        )
        await observer.fold()
        assert await state(store, run_id) == ("running" if name else "completed")
    await observer.close()
    assert await children(store, run_id) == dict.fromkeys(("first", "second", "third"), "completed")


async def test_a_run_without_a_timeout_may_take_as_long_as_it_takes(
    store: Store, clock: SettableClock
) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "slow")
    [slow] = await claim(store)
    for _ in range(30):
        clock.advance(DAY_MS)
        assert await store.heartbeat([(slow.id, slow.lease_number)], 2 * DAY_MS)
        await store.fail_overdue()
        assert await store.rescue(1) == 0
        await store.fold()
    assert await children(store, run_id) == {"slow": "running"}

    await store.settle([settlement(slow)])
    await store.fold()
    assert await state(store, run_id) == "completed"


async def test_a_step_that_could_not_be_planned_ends_its_run_with_a_time_and_an_event(
    store: Store, clock: SettableClock
) -> None:
    run_id, parent = await launch(store)
    clock.advance(5_000)
    await store.fail_plan(parent, "job_failed", "no seeds")
    await store.fold()

    for job_id in (run_id, parent.id):
        job = await store.job(job_id)
        assert (job.state, job.error, job.finished_at) == (JobState.FAILED, "no seeds", clock.now_ms())
    last = (await store.events(run_id))[-1]
    assert (last.type, last.job_id, last.data["error"]) == ("job_failed", run_id, "no seeds")


async def test_a_job_that_is_executed_again_keeps_the_time_at_which_it_first_began(
    store: Store, clock: SettableClock
) -> None:
    _, parent = await launch(store)
    await plan(store, parent, "lost")
    [first] = await claim(store)
    clock.advance(60_000)
    assert await store.rescue(10) == 1
    [again] = await claim(store)

    assert (again.id, again.attempt) == (first.id, 2)
    assert again.started_at == first.started_at is not None


async def test_two_hundred_documents_that_are_saved_at_once_are_two_hundred(store: Store) -> None:
    run_id, parent = await launch(store)
    names = [f"page {number}" for number in range(200)]
    await plan(store, parent, *names)
    jobs = await claim(store, limit=200)
    await asyncio.gather(*(store.settle([settlement(job, stores=job.name)]) for job in jobs))

    progress = await store.progress(parent.id)
    assert progress.documents.created == 200
    assert progress.counts == Progress(total=200, completed=200)
    events = await store.events(run_id, limit=10_000)
    assert [event.type for event in events].count("document_saved") == 200


async def test_what_one_run_stores_and_has_seen_is_not_anothers(store: Store) -> None:
    """Two runs of one definition at a time find the same page: each counts what became of it for itself."""
    overlapping = script_definition(script_step(), overlap=True)
    runs = [await launch(store, overlapping) for _ in range(2)]
    for _, parent in runs:
        await plan(store, parent, "page")
    for job in await claim(store):
        await store.settle([settlement(job, stores="page")])
    await store.fold()

    counted = [(await store.progress(parent.id)).documents for _, parent in runs]
    assert sorted((each.created, each.unchanged) for each in counted) == [(0, 1), (1, 0)]
    for run_id, _ in runs:
        assert await children(store, run_id) == {"page": "completed"}
        assert {event.root_id for event in await store.events(run_id)} == {run_id}
