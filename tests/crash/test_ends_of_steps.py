"""How steps end early: what the pairs of transitions found, each as a sentence of its own."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from quaero.models.definition import ErrorTolerance, JobDefinition
from quaero.models.job import Job, JobState, StepLimits
from quaero.models.outcome import End
from quaero.store.store import Store
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.places import Place
from tests.store.tree import LEASE_MS, children, claim, launch, plan, settlement

TIMEOUT_MS = 1_000


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def store(place: Place, clock: SettableClock) -> AsyncIterator[Store]:
    store = place.store(clock=clock)
    yield store
    await store.close()


def strict(timeout_ms: int | None = None) -> JobDefinition:
    """One step that fails with its first child."""
    return script_definition(
        replace(script_step(), timeout_ms=timeout_ms), error_tolerance=ErrorTolerance(max_child_failures=1)
    )


async def test_a_step_that_fails_gives_no_free_slot_away(store: Store) -> None:
    run_id, parent = await launch(store, strict())
    await plan(store, parent, "fails", "waits for a slot", limits=StepLimits(max_documents=1))
    [job] = await claim(store)

    await store.settle([settlement(job, End.FAILED)])

    assert (await store.job(parent.id)).state is JobState.FAILED
    assert await children(store, run_id) == {"fails": "failed"}
    assert await store.check() == ()


async def paused_step_with_a_running_child(store: Store, clock: SettableClock) -> tuple[Job, Job]:
    """Its planner was lost, so that it is to be planned again, and it was paused before that."""
    _, parent = await launch(store, strict(TIMEOUT_MS))
    await plan(store, parent, "page", last=False)
    clock.advance(LEASE_MS // 2)
    [child] = await claim(store)
    clock.advance(LEASE_MS // 2)
    await store.rescue(10)
    await store.pause(parent.id)
    return parent, child


async def test_a_paused_step_fails_with_a_child_that_is_one_too_many(
    store: Store, clock: SettableClock
) -> None:
    parent, child = await paused_step_with_a_running_child(store, clock)

    assert await store.settle([settlement(child, End.FAILED)]) == []

    assert (await store.job(parent.id)).state is JobState.FAILED
    assert await store.check() == ()


async def test_a_paused_step_fails_with_a_child_that_lost_its_worker_too_often(
    store: Store, clock: SettableClock
) -> None:
    parent, _ = await paused_step_with_a_running_child(store, clock)
    clock.advance(LEASE_MS)

    await store.rescue(0)

    assert (await store.job(parent.id)).state is JobState.FAILED
    assert await store.check() == ()


async def test_the_timeout_of_a_paused_step_stops_nothing_else(store: Store, clock: SettableClock) -> None:
    """Whether it holds while the step is paused or not: that is no error of the orchestrator's."""
    await paused_step_with_a_running_child(store, clock)

    await store.fail_overdue()

    assert await store.check() == ()


async def test_a_step_that_is_cancelled_with_its_run_keeps_no_deadline(store: Store) -> None:
    run_id, _ = await launch(store, strict(TIMEOUT_MS))

    await store.cancel(run_id)

    assert await store.check() == ()
