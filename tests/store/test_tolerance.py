"""Error tolerance: it strikes at the failure that is one too many, in the transaction of that failure."""

import pytest

from quaero.models.definition import ErrorTolerance, FailureAction, JobDefinition, Percent
from quaero.models.job import Job, JobState, StepLimits
from quaero.models.outcome import End, LogLevel
from quaero.store.store import Store
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.store.tree import LEASE_MS, children, claim, launch, plan, settlement, state, step_states

pytestmark = pytest.mark.usefixtures("checked")


def tolerating(limit: int | Percent, action: FailureAction = "stop_all") -> JobDefinition:
    return script_definition(
        script_step("first"), script_step("second"), error_tolerance=ErrorTolerance(limit, action)
    )


async def fail(store: Store, *jobs: Job) -> None:
    await store.settle([settlement(job, End.FAILED) for job in jobs])


async def test_the_failure_that_is_one_too_many_stops_the_step_at_once(store: Store) -> None:
    run_id, parent = await launch(store, tolerating(2))
    await plan(store, parent, "a", "b", "runs", "waits")
    a, b, runs = await claim(store, limit=3)

    await fail(store, a)
    assert await state(store, parent.id) == "running"
    await fail(store, b)

    assert await state(store, parent.id) == "failed"
    assert await children(store, run_id) == {
        "a": "failed",
        "b": "failed",
        "runs": "cancelled",
        "waits": "cancelled",
    }
    assert await claim(store) == ()
    assert await store.settle([settlement(runs)]) == [(runs.id, runs.lease_number)]


async def test_a_step_that_was_stopped_says_why_and_its_run_says_the_same(store: Store) -> None:
    run_id, parent = await launch(store, tolerating(1))
    await plan(store, parent, "a")
    await fail(store, *await claim(store))
    await store.fold()

    for job_id in (parent.id, run_id):
        job = await store.job(job_id)
        assert (job.error_code, job.error) == ("error_tolerance", "1 children failed, the tolerance is 1")


async def test_more_failures_than_the_limit_in_one_transaction_stop_the_step_once(store: Store) -> None:
    _, parent = await launch(store, tolerating(2))
    await plan(store, parent, "a", "b", "c", "d")

    await fail(store, *await claim(store))

    assert (await store.progress(parent.id)).counts.failed == 4
    assert await state(store, parent.id) == "failed"


async def test_a_step_is_stopped_by_a_number_while_it_is_still_planned(store: Store) -> None:
    _, parent = await launch(store, tolerating(1))
    await plan(store, parent, "a", last=False)

    await fail(store, *await claim(store))

    assert await state(store, parent.id) == "failed"


async def test_a_share_is_not_judged_before_all_children_are_planned(store: Store) -> None:
    _, parent = await launch(store, tolerating(Percent(50)))
    await plan(store, parent, "a", last=False)
    await fail(store, *await claim(store))
    await store.fold()
    assert await state(store, parent.id) == "running"

    await plan(store, parent, "b", "c")
    await store.fold()

    assert await state(store, parent.id) == "running"


async def test_a_share_that_the_end_of_the_plan_makes_known_stops_the_step(store: Store) -> None:
    run_id, parent = await launch(store, tolerating(Percent(50)))
    await plan(store, parent, "a", last=False)
    await fail(store, *await claim(store))

    await plan(store, parent, "b")
    await store.fold()

    assert await state(store, parent.id) == "failed"
    assert await children(store, run_id) == {"a": "failed", "b": "cancelled"}


async def test_a_share_of_children_that_is_reached_stops_the_step_at_that_failure(store: Store) -> None:
    _, parent = await launch(store, tolerating(Percent(50)))
    await plan(store, parent, "a", "b", "c", "d")
    a, b, *_ = await claim(store)

    await fail(store, a)
    assert await state(store, parent.id) == "running"
    await fail(store, b)

    assert await state(store, parent.id) == "failed"


async def test_with_continue_a_step_goes_on_whatever_fails(store: Store) -> None:
    run_id, parent = await launch(store, tolerating(1, "continue"))
    await plan(store, parent, "a", "b", "c")
    a, b, c = await claim(store)

    await fail(store, a, b)
    await store.settle([settlement(c)])
    await store.fold()

    assert (await step_states(store, run_id))["first"] == "completed"
    assert (await store.job(parent.id)).note is None


async def test_with_mark_warning_a_step_goes_on_and_is_marked_once(store: Store) -> None:
    _, parent = await launch(store, tolerating(1, "mark_warning"))
    await plan(store, parent, "a", "b", "c")
    a, b, c = await claim(store)
    await fail(store, a)
    await fail(store, b)
    await store.settle([settlement(c)])
    await store.fold()

    job = await store.job(parent.id)
    assert (job.state, job.note) == (
        JobState.COMPLETED,
        "warning: 1 children failed, the tolerance is 1",
    )
    assert len(await store.log(parent.id, levels=[LogLevel.WARNING])) == 1


async def test_a_stopped_step_takes_nothing_more_from_its_frontier(store: Store) -> None:
    run_id, parent = await launch(store, tolerating(1))
    await plan(store, parent, "a", "b", "waits", limits=StepLimits(max_documents=2))
    a, _ = await claim(store)

    await fail(store, a)

    assert await state(store, parent.id) == "failed"
    assert await children(store, run_id) == {"a": "failed", "b": "cancelled"}


async def test_a_child_that_keeps_losing_its_worker_counts_as_a_failure(
    store: Store, clock: SettableClock
) -> None:
    _, parent = await launch(store, tolerating(1))
    await plan(store, parent, "killer", "other")
    await claim(store, limit=1)
    clock.advance(LEASE_MS)

    await store.rescue(1)

    assert await state(store, parent.id) == "failed"


async def test_failures_and_successes_in_one_transaction_leave_the_counts_right(store: Store) -> None:
    run_id, parent = await launch(store, tolerating(1))
    await plan(store, parent, "a", "b", "c")
    a, b, _ = await claim(store)

    await store.settle([settlement(a, stores="a", spawns=["found"]), settlement(b, End.FAILED)])

    assert await children(store, run_id) == {
        "a": "completed",
        "b": "failed",
        "c": "cancelled",
        "found": "cancelled",
    }


async def test_the_second_step_has_a_tolerance_of_its_own(store: Store) -> None:
    run_id, parent = await launch(store, tolerating(2))
    await plan(store, parent, "a", "b")
    a, b = await claim(store)
    await store.settle([settlement(a, End.FAILED), settlement(b)])
    await store.fold()
    [second] = await claim(store, "script")
    await plan(store, second, "c", "d")
    c, d = await claim(store)

    await store.settle([settlement(c, End.FAILED), settlement(d)])
    await store.fold()

    assert await state(store, run_id) == "completed"


async def test_one_failure_of_a_stopped_step_is_tried_again_and_the_other_failures_stop_it_no_more(
    store: Store,
) -> None:
    run_id, parent = await launch(store, tolerating(1))
    await plan(store, parent, "a", "b", "c")
    a, b, _ = await claim(store)
    await fail(store, a, b)
    await store.fold()

    await store.retry(a.id)
    await store.fold()

    assert (await children(store, run_id))["a"] == "pending"
    assert [job.name for job in await claim(store)] == ["a"]


async def test_a_stopped_step_that_is_tried_again_stops_again_at_its_limit(store: Store) -> None:
    _, parent = await launch(store, tolerating(1))
    await plan(store, parent, "a")
    await fail(store, *await claim(store))
    await store.retry(parent.id)
    await store.fold()

    await fail(store, *await claim(store))

    assert await state(store, parent.id) == "failed"
