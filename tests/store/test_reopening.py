"""Retry: what a person reopens goes on in its order and ends."""

import pytest

from quaero.models.definition import ErrorTolerance
from quaero.models.errors import ConflictError
from quaero.models.job import JobState
from quaero.models.outcome import End
from quaero.store.store import Store
from tests.kit import script_definition, script_step
from tests.store.tree import children, claim, launch, plan, settlement


async def test_a_step_whose_planning_failed_is_planned_again(store: Store) -> None:
    run_id, parent = await launch(store)
    await store.fail_plan(parent, "bad", "no seeds")
    await store.fold()

    await store.retry(run_id)
    await store.fold()

    assert [job.id for job in await claim(store, "script")] == [parent.id]


async def test_a_step_that_crossed_its_tolerance_while_planned_is_planned_on(store: Store) -> None:
    definition = script_definition(script_step(), error_tolerance=ErrorTolerance(max_child_failures=1))
    run_id, parent = await launch(store, definition)
    await plan(store, parent, "a", last=False)
    [child] = await claim(store)
    await store.settle([settlement(child, End.FAILED)])
    await store.fold()

    await store.retry(run_id)
    await store.fold()

    assert [job.id for job in await claim(store, "script")] == [parent.id]


async def test_a_child_of_a_step_that_was_cancelled_while_planned_can_be_tried_again_to_the_end(
    store: Store,
) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "a", "b", last=False)
    [a, _] = await claim(store)
    await store.cancel(parent.id)
    await store.fold()
    await store.retry(a.id)
    await store.fold()
    for again in await claim(store, "script"):
        await plan(store, again, "a", "b", "c")
    for job in await claim(store):
        await store.settle([settlement(job)])
    await store.fold()

    assert (await store.job(parent.id)).state.final
    assert (await store.job(run_id)).state.final


async def test_the_children_of_a_step_that_waits_for_its_turn_do_not_start(store: Store) -> None:
    first = script_step("first", on_error="continue")
    run_id, parent = await launch(store, script_definition(first, script_step("second")))
    await plan(store, parent, "a", "z")
    [a, z] = await claim(store)
    await store.settle([settlement(a, End.FAILED), settlement(z)])
    await store.fold()
    [second] = await claim(store, "script")
    await plan(store, second, "b", last=False)
    await store.cancel(second.id)
    await store.fold()

    await store.retry(run_id)
    await store.fold()

    assert (await store.job(second.id)).state is JobState.WAITING
    assert [job.name for job in await claim(store)] == ["a"]


async def test_a_run_that_went_well_has_nothing_to_retry_though_a_step_was_not_needed(store: Store) -> None:
    unneeded = script_step("on failure", condition="on_failure")
    run_id, parent = await launch(store, script_definition(script_step(), unneeded))
    await plan(store, parent)
    await store.fold()
    assert (await store.job(run_id)).state is JobState.COMPLETED

    with pytest.raises(ConflictError):
        await store.retry(run_id)


async def test_what_is_reopened_is_exactly_what_failed_or_was_cancelled(store: Store) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "good", "bad", "unwanted")
    [good, bad, unwanted] = await claim(store)
    await store.settle([settlement(good), settlement(bad, End.FAILED)])
    await store.cancel(unwanted.id)
    await store.fold()

    assert await store.retry(run_id) == 2
    assert await children(store, run_id) == {"good": "completed", "bad": "pending", "unwanted": "pending"}
    assert await store.check() == ()


async def test_steps_that_are_tried_again_keep_their_order(store: Store) -> None:
    run_id, parent = await launch(
        store, script_definition(script_step("first", on_error="continue"), script_step("second"))
    )
    for name in ("a", "b"):
        await plan(store, parent, name)
        [child] = await claim(store)
        await store.settle([settlement(child, End.FAILED)])
        await store.fold()
        if name == "a":
            [parent] = await claim(store, "script")

    await store.retry(run_id)

    assert [job.name for job in await claim(store)] == ["a"]


async def test_a_step_that_has_nothing_left_to_do_ends_again(store: Store) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "a")
    [child] = await claim(store)
    await store.settle([settlement(child)])
    await store.cancel(run_id)

    await store.retry(run_id)
    await store.fold()

    assert (await store.job(run_id)).state is JobState.COMPLETED
