"""Duties: one process at a time has one, and the next takes it over when that one is gone."""

from collections.abc import AsyncIterator

import pytest

from quaero.store.store import Store
from quaero.store.transaction import Change
from quaero.store.transitions.duties import ORCHESTRATOR
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.places import Place
from tests.store.tree import claim, launch, listening, plan, settlement, state
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("checked")

LEASE_MS = 60_000
HOUR_MS = 3_600_000


@pytest.fixture
async def other(store: Store, place: Place, clock: SettableClock) -> AsyncIterator[Store]:
    """The store of a second process."""
    other = place.store(clock=clock)
    yield other
    await other.close()


async def take(store: Store) -> bool:
    return await store.take_duty(ORCHESTRATOR, LEASE_MS)


async def test_a_free_duty_is_taken_and_kept(store: Store) -> None:
    assert await take(store)
    assert await take(store)


async def test_a_duty_that_somebody_has_is_not_taken(store: Store, other: Store) -> None:
    await take(store)

    assert not await take(other)
    assert await take(store)


async def test_a_duty_that_was_given_up_is_free_at_once_and_the_others_are_told(
    store: Store, other: Store
) -> None:
    await take(store)

    async with listening(store) as changes:
        await store.sign_off()

    assert changes[0] & Change.DECISION
    assert await take(other)


async def test_a_duty_of_a_dead_process_is_taken_over_before_its_lease_runs_out(
    store: Store, place: Place
) -> None:
    dead = place.store()
    await dead.take_duty(ORCHESTRATOR, 10**9)
    await dead.close()  # without signing off, as one that was killed

    await until(lambda: take(store))


async def test_a_duty_whose_lease_ran_out_is_taken_over_and_its_old_owner_learns_it(
    store: Store, other: Store, clock: SettableClock
) -> None:
    await take(store)
    clock.advance(LEASE_MS)

    assert await take(other)
    assert not await take(store)
    assert not await store.fold(on_duty=True)
    assert await other.fold(on_duty=True)


async def test_a_duty_that_is_kept_in_time_is_not_taken_over(
    store: Store, other: Store, clock: SettableClock
) -> None:
    await take(store)
    for _ in range(4):
        clock.advance(LEASE_MS - 1)
        assert await take(store)
        assert not await take(other)


@pytest.mark.parametrize("hours", [-8, 8])
async def test_a_clock_that_is_set_wrong_by_hours_takes_no_duty_and_no_lease(
    store: Store, other: Store, clock: SettableClock, hours: int
) -> None:
    await take(store)
    await launch(store)
    clock.set_wrong(hours * HOUR_MS)

    assert not await take(other)
    assert await other.rescue(10) == 0
    assert await store.fold(on_duty=True)


@pytest.mark.parametrize("hours", [-8, 8])
async def test_a_run_whose_clock_was_set_wrong_by_hours_ends_with_no_negative_duration(
    store: Store, clock: SettableClock, hours: int
) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "page")
    clock.set_wrong(hours * HOUR_MS)
    await store.settle([settlement(job) for job in await claim(store)])
    await store.fold()

    end = (await store.events(run_id))[-1]
    assert (end.type, end.data["duration_ms"] >= 0) == ("job_completed", True)


async def test_two_duties_are_taken_apart(store: Store, other: Store) -> None:
    await take(store)

    assert await other.take_duty("schedules", LEASE_MS)
    assert not await store.take_duty("schedules", LEASE_MS)


async def test_who_is_not_on_duty_folds_nothing(store: Store, other: Store) -> None:
    await take(store)
    run_id = await other.launch(script_definition(script_step()))
    [parent] = await claim(other, "script")
    await plan(other, parent)

    assert not await other.fold(on_duty=True)
    assert await state(store, run_id) == "running"
    assert await store.fold(on_duty=True)

    assert await state(store, run_id) == "completed"


async def test_who_signs_off_twice_or_without_a_duty_harms_nobody(store: Store, other: Store) -> None:
    await take(store)

    await other.sign_off()
    await other.sign_off()

    assert not await take(other)
    assert await take(store)
