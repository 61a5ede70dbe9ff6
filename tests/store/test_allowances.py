"""A pace and a budget hold over all processes, to the millisecond and to the last unit."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quaero.store.store import Store
from quaero.testing import SettableClock
from tests.places import Place


@pytest.fixture
async def other(place: Place, clock: SettableClock, store: Store) -> AsyncIterator[Store]:
    """Another process on the same store."""
    other = place.store(clock=clock)
    yield other
    await other.close()


async def test_turns_of_all_processes_are_so_far_apart(
    store: Store, other: Store, clock: SettableClock
) -> None:
    began = clock.now_ms()

    turns = await asyncio.gather(*(each.take_turn("maps", 1_000) for each in (store, other) * 3))

    assert sorted(turns) == [began + 1_000 * number for number in range(6)]


async def test_who_comes_late_need_not_wait(store: Store, clock: SettableClock) -> None:
    await store.take_turn("maps", 1_000)
    clock.advance(5_000)

    assert await store.take_turn("maps", 1_000) == clock.now_ms()
    assert await store.take_turn("others", 1_000) == clock.now_ms()


async def test_nobody_has_a_turn_while_the_service_wants_a_pause(store: Store, clock: SettableClock) -> None:
    await store.hold_off("maps", 30_000)
    await store.hold_off("maps", 10_000)

    assert await store.take_turn("maps", 1_000) == clock.now_ms() + 30_000


async def test_of_many_who_spend_at_once_only_as_many_as_fit_may(store: Store, other: Store) -> None:
    spent = await asyncio.gather(*(each.spend("tokens", 30, most=100) for each in (store, other) * 4))

    assert sum(spent) == 3
    assert await store.spent("tokens") == 90


async def test_what_is_given_back_can_be_spent_again(store: Store) -> None:
    assert await store.spend("tokens", 100, most=100)
    assert not await store.spend("tokens", 1, most=100)

    await store.spend("tokens", -60)

    assert await store.spend("tokens", 60, most=100)
    assert await store.spent("tokens") == 100


async def test_more_than_the_whole_budget_is_refused_at_once(store: Store) -> None:
    assert not await store.spend("tokens", 101, most=100)
    assert await store.spent("tokens") == 0


async def test_an_answer_is_kept_and_grows_old(store: Store, clock: SettableClock) -> None:
    assert await store.answer("question") is None
    await store.keep_answer("question", "one")
    await store.keep_answer("question", "two")
    clock.advance(1_000)

    assert await store.answer("question") == "two"
    assert await store.answer("question", max_age_ms=1_000) == "two"
    assert await store.answer("question", max_age_ms=999) is None


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.integers(-20, 50), max_size=12))
async def test_a_budget_is_never_overspent_and_always_the_sum(store: Store, amounts: list[int]) -> None:
    name, total = str(uuid4()), 0
    for amount in amounts:
        fits = amount <= 0 or total + amount <= 100
        assert await store.spend(name, amount, most=100) is fits
        total += amount if fits else 0
    assert await store.spent(name) == total
