"""Runs at their edges: no steps, steps that are never needed, two at once, the last word on progress."""

import pytest

from quaero.models.definition import JobDefinition
from quaero.models.job import JobState
from quaero.models.outcome import End
from quaero.store.store import Store
from tests.kit import script_definition, script_step
from tests.places import Place
from tests.store.tree import claim, launch, plan, settlement


async def test_a_run_without_steps_completes(store: Store) -> None:
    run_id = await store.launch(JobDefinition("empty", "Empty", ()))

    await store.fold()

    assert (await store.job(run_id)).state is JobState.COMPLETED


async def test_a_run_whose_only_step_waits_for_a_failure_completes(store: Store) -> None:
    run_id = await store.launch(script_definition(script_step(condition="on_failure")))

    await store.fold()

    assert (await store.job(run_id)).state is JobState.COMPLETED
    assert await store.check() == ()


async def test_a_run_that_cannot_be_read_does_not_stop_the_others(place: Place) -> None:
    store = place.store()
    run_id, parent = await launch(store)
    await plan(store, parent)
    await store.launch(script_definition(script_step()))
    await store.close()
    place.execute("UPDATE runs SET definition = '{}' WHERE job_id <> ?", (run_id,))

    store = place.store()
    try:
        await store.fold()
        assert (await store.job(run_id)).state is JobState.COMPLETED
    finally:
        await store.close()


@pytest.mark.parametrize("cancelled", ["run", "step", "child"])
async def test_the_last_progress_event_of_a_step_tells_how_it_ended(store: Store, cancelled: str) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "a", "b")
    [a, b] = await claim(store)
    await store.settle([settlement(a)])
    await store.fold()

    await store.cancel({"run": run_id, "step": parent.id, "child": b.id}[cancelled])
    await store.fold()

    progress = [event for event in await store.events(run_id) if event.type == "parent_job_progress"]
    assert progress[-1].data["progress_text"] == "0 pending, 0 running, 1 completed, 0 failed"
    assert progress[-1].data["cancelled"] == 1


async def test_the_first_child_of_another_run_does_not_wait_for_the_last_of_an_older_one(
    store: Store,
) -> None:
    _, older = await launch(store)
    await plan(store, older, *(f"old {n}" for n in range(10)))
    _, newer = await launch(store)
    await plan(store, newer, "new")

    claimed = []
    for _ in range(5):  # one worker becomes free after the other
        [job] = await claim(store, limit=1)
        await store.settle([settlement(job)])
        claimed.append(job.name)

    assert "new" in claimed


async def test_a_claim_fills_its_room_though_other_runs_have_nothing_ready(store: Store) -> None:
    _, later = await launch(store)
    await plan(store, later, "later")
    [job] = await claim(store)
    waiting = settlement(job, End.RETRY)
    await store.settle([type(waiting)(job.id, job.lease_number, End.RETRY, delay_ms=3_600_000)])
    _, ready = await launch(store)
    await plan(store, ready, *(f"ready {n}" for n in range(4)))
    _, last = await launch(store)
    await plan(store, last, "last")
    [first] = await claim(store, limit=1)
    await store.settle([type(waiting)(first.id, first.lease_number, End.RETRY, delay_ms=3_600_000)])

    assert len(await claim(store, limit=4)) == 4
