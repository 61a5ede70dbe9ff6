"""Pause and resume of runs and of single jobs: what runs may finish, nothing else begins, nothing hangs."""

import pytest

from quaero.models.errors import ConflictError, NotFoundError
from quaero.models.job import JobState
from quaero.models.outcome import End
from quaero.store.store import Store
from quaero.store.transaction import Change
from quaero.store.transitions.launch import Launch
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.places import Place
from tests.store.tree import (
    LEASE_MS,
    children,
    claim,
    launch,
    listening,
    plan,
    settlement,
    state,
    step_states,
    work_off,
)

pytestmark = pytest.mark.usefixtures("checked")

HOUR_MS = 3_600_000


async def test_nothing_of_a_paused_run_is_claimed_until_it_is_resumed(store: Store) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "page")

    await store.pause(run_id)
    assert await claim(store) == ()
    await store.unpause(run_id)

    assert [job.name for job in await claim(store)] == ["page"]


async def test_what_runs_when_its_run_is_paused_may_finish_and_what_it_finds_waits(store: Store) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "page")
    [page] = await claim(store)
    await store.pause(run_id)

    assert await store.settle([settlement(page, stores="page", spawns=["found"])]) == []

    assert await children(store, run_id) == {"page": "completed", "found": "pending"}
    assert await claim(store) == ()


async def test_a_step_that_is_planned_when_its_run_is_paused_is_planned_to_the_end(store: Store) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "first", last=False)
    await store.pause(run_id)

    await plan(store, parent, "second")

    assert await children(store, run_id) == {"first": "pending", "second": "pending"}


@pytest.mark.parametrize(
    ("end", "ends"), [(End.COMPLETED, JobState.COMPLETED), (End.FAILED, JobState.FAILED)]
)
async def test_a_paused_run_ends_when_what_still_ran_was_its_last(
    store: Store, end: End, ends: JobState
) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "last")
    [last] = await claim(store)
    await store.pause(run_id)

    await store.settle([settlement(last, end)])
    await store.fold()

    assert await state(store, run_id) == ends
    assert (await store.run(run_id)).paused_at is None


async def test_the_next_step_of_a_paused_run_gets_its_turn_and_is_claimed_after_the_pause(
    store: Store,
) -> None:
    run_id, parent = await launch(store, script_definition(script_step("first"), script_step("second")))
    await plan(store, parent, "last")
    [last] = await claim(store)
    await store.pause(run_id)
    await store.settle([settlement(last)])
    await store.fold()
    assert await step_states(store, run_id) == {"first": "completed", "second": "pending"}
    assert await claim(store, "script") == ()

    await store.unpause(run_id)

    assert [job.name for job in await claim(store, "script")] == ["second"]


async def test_a_run_that_is_paused_before_it_began_begins_when_it_is_resumed(store: Store) -> None:
    run_id = await store.launch(script_definition(script_step()))
    await store.pause(run_id)
    assert await claim(store, "script") == ()

    await store.unpause(run_id)

    assert await state(store, run_id) == "pending"
    assert len(await claim(store, "script")) == 1
    assert await state(store, run_id) == "running"


async def test_a_run_that_was_cancelled_before_it_began_and_tried_again_resumes_as_running(
    store: Store,
) -> None:
    run_id = await store.launch(script_definition(script_step()))
    await store.cancel(run_id)
    await store.retry(run_id)
    [parent] = await claim(store, "script")
    await plan(store, parent, "page")

    await store.pause(run_id)
    await store.unpause(run_id)

    assert await state(store, run_id) == "running"
    assert (await store.job(run_id)).started_at is not None


async def test_a_pending_child_is_paused_alone_and_its_step_waits_for_it(store: Store) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "now", "later")
    [now, later] = await claim(store)
    await store.settle([settlement(later, End.RELEASED), settlement(now)])

    await store.pause(later.id)
    await store.fold()
    assert await claim(store) == ()
    assert await state(store, parent.id) == "running"
    await store.unpause(later.id)

    assert await work_off(store) == 1
    assert await state(store, run_id) == "completed"


async def test_a_step_is_paused_alone_before_it_is_planned_and_the_run_waits_for_it(store: Store) -> None:
    run_id = await store.launch(script_definition(script_step("first"), script_step("second")))
    first = run_id + 1
    await store.pause(first)
    assert await work_off(store) == 0
    await store.fold()
    assert await step_states(store, run_id) == {"first": "paused", "second": "waiting"}

    await store.unpause(first)

    assert await work_off(store) == 2
    assert await state(store, run_id) == "completed"


async def test_a_paused_child_holds_its_slot_and_counts_as_open(store: Store) -> None:
    _, parent = await launch(store)
    await plan(store, parent, "page")
    [page] = await claim(store)
    await store.settle([settlement(page, End.RETRY)])

    await store.pause(page.id)

    counts = (await store.progress(parent.id)).counts
    assert (counts.open, counts.pending, counts.conserved) == (1, 1, True)


async def test_a_paused_run_is_cancelled_with_its_paused_children(store: Store) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "a", "b")
    [a, b] = await claim(store)
    await store.settle([settlement(b, End.RELEASED)])
    await store.pause(b.id)
    await store.pause(run_id)

    assert await store.cancel(run_id) == 4

    assert await children(store, run_id) == {"a": "cancelled", "b": "cancelled"}
    assert await store.settle([settlement(a)]) == [(a.id, a.lease_number)]


async def test_a_run_is_not_paused_twice(store: Store) -> None:
    run_id, _ = await launch(store)
    await store.pause(run_id)

    with pytest.raises(ConflictError, match="paused already"):
        await store.pause(run_id)


@pytest.mark.parametrize("of_the_run", [True, False])
async def test_what_is_not_paused_is_not_resumed(store: Store, of_the_run: bool) -> None:
    run_id, parent = await launch(store)

    with pytest.raises(ConflictError, match="is running, not paused"):
        await store.unpause(run_id if of_the_run else parent.id)


async def test_a_running_job_is_not_paused_alone(store: Store) -> None:
    _, parent = await launch(store)
    await plan(store, parent, "page")
    [page] = await claim(store)

    with pytest.raises(ConflictError, match="only a pending job can be paused alone"):
        await store.pause(page.id)


async def test_a_run_that_has_ended_is_not_paused(store: Store) -> None:
    run_id, _ = await launch(store)
    await store.cancel(run_id)

    with pytest.raises(ConflictError, match="already cancelled"):
        await store.pause(run_id)


async def test_a_job_that_is_not_there_is_not_paused_or_resumed(store: Store) -> None:
    with pytest.raises(NotFoundError):
        await store.pause(99)
    with pytest.raises(NotFoundError):
        await store.unpause(99)


async def test_a_run_that_is_paused_while_it_waits_for_another_waits_on_when_it_is_resumed(
    store: Store,
) -> None:
    run_id = await store.launch(
        Launch(script_definition(script_step()), before=(Launch(script_definition(script_step(), id="pre")),))
    )
    await store.pause(run_id)
    await store.unpause(run_id)
    assert await state(store, run_id) == "waiting"

    assert await work_off(store) == 2
    assert await state(store, run_id) == "completed"


async def test_a_run_whose_needed_run_completed_while_it_was_paused_begins_when_it_is_resumed(
    store: Store,
) -> None:
    run_id = await store.launch(
        Launch(script_definition(script_step()), before=(Launch(script_definition(script_step(), id="pre")),))
    )
    await store.pause(run_id)
    assert await work_off(store) == 1
    assert await state(store, run_id) == "paused"

    await store.unpause(run_id)

    assert await state(store, run_id) == "pending"
    assert await work_off(store) == 1


async def test_a_run_whose_needed_run_completed_and_was_deleted_while_it_was_paused_begins_when_it_is_resumed(
    store: Store,
) -> None:
    run_id = await store.launch(
        Launch(script_definition(script_step()), before=(Launch(script_definition(script_step(), id="pre")),))
    )
    pre_id = run_id + 2
    await store.pause(run_id)
    await work_off(store)
    await store.delete_run(pre_id)

    await store.unpause(run_id)

    assert await state(store, run_id) == "pending"
    assert await work_off(store) == 1


async def test_a_resumed_run_wakes_whoever_claims_and_whoever_folds(store: Store) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "page")
    await store.pause(run_id)

    async with listening(store) as changes:
        await store.unpause(run_id)

    assert changes[0] & Change.READY
    assert changes[0] & Change.DECISION


async def test_a_lease_runs_out_in_a_pause_as_ever(store: Store, clock: SettableClock) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "page")
    [page] = await claim(store)
    await store.pause(run_id)
    clock.advance(LEASE_MS)

    assert await store.rescue(10) == 1
    assert await claim(store) == ()
    await store.unpause(run_id)

    [again] = await claim(store)
    assert (again.id, again.lost_leases) == (page.id, 1)


async def test_a_pause_has_no_negative_duration_for_a_process_whose_clock_is_behind(
    store: Store, place: Place
) -> None:
    behind = SettableClock()
    behind.set_wrong(-8 * HOUR_MS)
    run_id, _ = await launch(store, script_definition(script_step(), timeout_ms=HOUR_MS))
    before = (await store.run(run_id)).deadline
    await store.pause(run_id)
    other = place.store(clock=behind)

    await other.unpause(run_id)

    await other.close()
    assert (await store.run(run_id)).deadline == before
