"""Timeouts of runs and steps: they strike once, stand still in a pause, begin anew with a retry, and never twice."""

import pytest

from quaero.models.definition import JobDefinition
from quaero.models.outcome import End
from quaero.store.store import Store
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.store.tree import LEASE_MS, children, claim, launch, plan, settlement, state, step_states, work_off

pytestmark = pytest.mark.usefixtures("checked")

TIMEOUT_MS = 10_000
HOUR_MS = 3_600_000

RUN = script_definition(script_step("first"), script_step("second"), timeout_ms=TIMEOUT_MS)
STEP = script_definition(script_step("first", timeout_ms=TIMEOUT_MS), script_step("second"))
BOTH = script_definition(script_step("first", timeout_ms=TIMEOUT_MS), timeout_ms=10 * TIMEOUT_MS)


@pytest.mark.parametrize("definition", [RUN, STEP, BOTH])
async def test_a_timeout_strikes_when_its_time_is_over_and_not_before(
    store: Store, clock: SettableClock, definition: JobDefinition
) -> None:
    run_id, parent = await launch(store, definition)
    await plan(store, parent, "hangs")
    await claim(store)
    clock.advance(TIMEOUT_MS - 1)
    await store.fail_overdue()
    assert await state(store, run_id) == "running"

    clock.advance(1)
    await store.fail_overdue()
    await store.fold()

    assert await state(store, run_id) == "failed"
    assert (await store.job(run_id)).error_code == "timeout"
    assert await children(store, run_id) == {"hangs": "cancelled"}


async def test_a_run_says_which_timeout_it_has_exceeded(store: Store, clock: SettableClock) -> None:
    run_id, _ = await launch(store, RUN)
    clock.advance(TIMEOUT_MS)

    await store.fail_overdue()

    assert (await store.job(run_id)).error == "the run took longer than its timeout of 10s"


async def test_the_timeout_of_a_step_begins_with_the_step_and_not_with_its_run(
    store: Store, clock: SettableClock
) -> None:
    run_id = await store.launch(STEP)
    clock.advance(10 * TIMEOUT_MS)
    await claim(store, "script")

    await store.fail_overdue()

    assert await step_states(store, run_id) == {"first": "running", "second": "waiting"}


async def test_what_follows_a_step_that_took_too_long_is_decided_by_on_error(
    store: Store, clock: SettableClock
) -> None:
    goes_on = script_step("first", timeout_ms=TIMEOUT_MS, on_error="continue")
    run_id, _ = await launch(store, script_definition(goes_on, script_step("second")))
    clock.advance(TIMEOUT_MS)
    await store.fail_overdue()
    await store.fold()

    assert await work_off(store) == 1

    assert await step_states(store, run_id) == {"first": "failed", "second": "completed"}
    assert await state(store, run_id) == "completed"


async def test_a_run_that_has_not_begun_has_no_deadline(store: Store, clock: SettableClock) -> None:
    run_id = await store.launch(RUN)
    clock.advance(10 * TIMEOUT_MS)

    await store.fail_overdue()

    assert await state(store, run_id) == "pending"


@pytest.mark.parametrize("definition", [RUN, STEP])
async def test_a_timeout_stands_still_in_a_pause(
    store: Store, clock: SettableClock, definition: JobDefinition
) -> None:
    run_id, parent = await launch(store, definition)
    clock.advance(TIMEOUT_MS - 1)
    await store.pause(run_id)
    clock.advance(10 * TIMEOUT_MS)
    await store.fail_overdue()
    assert await state(store, parent.id) == "running"
    await store.unpause(run_id)
    await store.fail_overdue()
    assert await state(store, parent.id) == "running"

    clock.advance(1)
    await store.fail_overdue()

    assert await state(store, parent.id) in ("failed", "cancelled")


async def test_a_step_that_gets_its_turn_in_a_pause_has_its_time_from_the_end_of_the_pause(
    store: Store, clock: SettableClock
) -> None:
    definition = script_definition(script_step("first"), script_step("second", timeout_ms=TIMEOUT_MS))
    run_id, first = await launch(store, definition)
    await plan(store, first, "done", "bad")
    done, bad = await claim(store)
    await store.settle([settlement(done), settlement(bad, End.FAILED)])
    await store.fold()
    [second] = await claim(store, "script")
    await plan(store, second, "worse")
    await store.settle([settlement(job, End.FAILED) for job in await claim(store)])
    await store.fold()
    await store.retry(run_id)  # both are planned: the second goes on as soon as the first has ended
    [bad] = await claim(store)
    await store.pause(run_id)
    clock.advance(HOUR_MS)
    await store.settle([settlement(bad)])
    await store.fold()
    assert await step_states(store, run_id) == {"first": "completed", "second": "running"}
    clock.advance(HOUR_MS)
    await store.unpause(run_id)
    clock.advance(TIMEOUT_MS - 1)
    await store.fail_overdue()
    assert await state(store, second.id) == "running"

    clock.advance(1)
    await store.fail_overdue()

    assert await state(store, second.id) == "failed"


@pytest.mark.parametrize("how", ["cancel", "run timeout", "step cancel"])
async def test_what_ended_has_no_deadline_however_it_ended(
    store: Store, clock: SettableClock, how: str
) -> None:
    definition = script_definition(script_step("first", timeout_ms=10 * TIMEOUT_MS), timeout_ms=TIMEOUT_MS)
    run_id, parent = await launch(store, definition)

    if how == "run timeout":
        clock.advance(TIMEOUT_MS)
        await store.fail_overdue()
    else:
        await store.cancel(run_id if how == "cancel" else parent.id)
        await store.fold()

    assert (await store.run(run_id)).deadline is None


async def test_a_step_that_is_tried_again_after_its_run_was_cancelled_has_its_whole_time(
    store: Store, clock: SettableClock
) -> None:
    run_id, parent = await launch(store, STEP)
    await plan(store, parent, "page")
    await store.cancel(run_id)
    clock.advance(TIMEOUT_MS)
    await store.retry(run_id)
    await store.fold()

    await store.fail_overdue()

    assert await state(store, parent.id) == "running"


async def test_a_run_that_is_tried_again_has_its_whole_time(store: Store, clock: SettableClock) -> None:
    run_id, _ = await launch(store, RUN)
    clock.advance(TIMEOUT_MS)
    await store.fail_overdue()
    await store.retry(run_id)
    clock.advance(TIMEOUT_MS - 1)
    await store.fail_overdue()
    assert await state(store, run_id) == "running"

    clock.advance(1)
    await store.fail_overdue()

    assert await state(store, run_id) == "failed"


async def test_a_step_whose_planner_was_lost_and_that_is_paused_alone_runs_out_of_time_without_harm(
    store: Store, clock: SettableClock
) -> None:
    """Whatever becomes of that step: the timeouts of the others strike, and nothing gets stuck."""
    _, parent = await launch(store, script_definition(script_step("first", timeout_ms=TIMEOUT_MS)))
    clock.advance(LEASE_MS)
    await store.rescue(10)
    await store.pause(parent.id)
    other = await store.launch(script_definition(script_step(), timeout_ms=TIMEOUT_MS, id="other"))
    await claim(store, "script")
    clock.advance(TIMEOUT_MS)

    await store.fail_overdue()

    assert await state(store, other) == "failed"


async def test_a_late_result_after_a_timeout_is_refused(store: Store, clock: SettableClock) -> None:
    run_id, parent = await launch(store, RUN)
    await plan(store, parent, "page")
    [page] = await claim(store)
    clock.advance(TIMEOUT_MS)
    await store.fail_overdue()

    assert await store.settle([settlement(page, stores="page")]) == [(page.id, page.lease_number)]
    assert (await store.progress(run_id + 1)).documents.total == 0


async def test_a_run_that_took_too_long_and_is_looked_at_twice_ends_once(
    store: Store, clock: SettableClock
) -> None:
    run_id, _ = await launch(store, BOTH)
    clock.advance(10 * TIMEOUT_MS)

    await store.fail_overdue()
    await store.fold()
    await store.fail_overdue()
    await store.fold()

    assert await state(store, run_id) == "failed"
