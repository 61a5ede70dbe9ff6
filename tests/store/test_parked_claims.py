"""A claim that waits is made by the transaction that plans: as if it had come right behind, and in the same commit."""

import asyncio
import contextlib
import threading
from collections.abc import Iterable

import pytest

from quaero.models.definition import ErrorTolerance, Percent
from quaero.models.errors import LeaseLostError, StoreError
from quaero.models.job import ChildJob, Job, StepLimits
from quaero.models.outcome import End
from quaero.store.parked import ParkedClaim
from quaero.store.store import Store
from quaero.store.transaction import Change
from quaero.testing import SettableClock
from tests.crash.restart import Crash, CrashAt, the_dead_are_known_at_once, wait_until_left
from tests.kit import script_definition, script_step
from tests.places import Place
from tests.store.tree import (
    LEASE_MS,
    children,
    claim,
    launch,
    listening,
    pages,
    plan,
    settlement,
    state,
)

SECONDS = 5
"""Longer than anything here takes."""

OTHER = script_definition(script_step(), id="other")


def parked(store: Store, limit: int = 100, types: Iterable[str] = ("scripted",)) -> ParkedClaim:
    return store.park_claim(tuple(types), limit, LEASE_MS)


async def begun(store: Store, limits: StepLimits | None = None) -> tuple[int, Job]:
    """A run whose step is about to be planned."""
    run_id, parent = await launch(store)
    await store.begin_plan(parent, limits or StepLimits())
    return run_id, parent


async def taken_along(
    store: Store, parent: Job, names: str, limit: int = 100, *, last: bool = True
) -> list[str]:
    """The names of what is claimed with these new children."""
    claimed = await store.plan_and_claim(parent, pages(*names), last=last, parked=parked(store, limit))
    return [job.name for job in claimed.jobs]


async def test_what_is_planned_is_claimed_in_the_same_commit(place: Place, clock: SettableClock) -> None:
    statements = CrashAt(None)
    store = place.store(clock=clock, before_statement=statements)
    try:
        run_id, parent = await begun(store)
        statements.names.clear()
        claimed = await store.plan_and_claim(parent, pages("a", "b"), last=True, parked=parked(store))

        assert statements.names.count("COMMIT") == 1
        assert [(job.name, job.state, job.attempt, job.lease_owner) for job in claimed.jobs] == [
            ("a", "running", 1, store.backend.owner),
            ("b", "running", 1, store.backend.owner),
        ]
        assert await children(store, run_id) == {"a": "running", "b": "running"}
        progress = (await store.progress(parent.id)).counts
        assert (progress.total, progress.pending, progress.running) == (2, 0, 2)
        assert await store.settle([settlement(job) for job in claimed.jobs]) == []
        await store.fold()
        assert await state(store, run_id) == "completed"
        assert await store.check() == ()
    finally:
        await store.close()


@pytest.mark.usefixtures("checked")
async def test_the_best_are_taken_along_and_the_rest_waits(store: Store) -> None:
    run_id, parent = await begun(store)
    jobs = [
        ChildJob("scripted", name, {}, priority=priority) for name, priority in [("later", 5), ("now", 1)]
    ]
    claimed = await store.plan_and_claim(parent, jobs, last=False, parked=parked(store, 1))

    assert [job.name for job in claimed.jobs] == ["now"]
    assert await taken_along(store, parent, "a", 1) == ["a"]
    assert await children(store, run_id) == {"later": "pending", "now": "running", "a": "running"}


@pytest.mark.usefixtures("checked")
async def test_what_others_planned_is_taken_along_by_priority_and_in_turn(store: Store) -> None:
    await store.launch(OTHER, priority=-1)
    [urgent] = await claim(store, "script")
    await plan(store, urgent, "urgent 1", "urgent 2")
    _, parent = await begun(store)

    assert await taken_along(store, parent, "ab", 3) == ["urgent 1", "urgent 2", "a"]


@pytest.mark.usefixtures("checked")
async def test_a_limit_of_the_step_holds_for_what_is_taken_along(store: Store) -> None:
    run_id, parent = await begun(store, StepLimits(concurrency=2, max_documents=3))

    assert await taken_along(store, parent, "abcde") == ["a", "b"]
    assert await claim(store) == ()
    assert sorted((await children(store, run_id)).values()) == ["pending", "running", "running"]


@pytest.mark.usefixtures("checked")
async def test_where_there_is_a_gate_nothing_is_taken_along(store: Store) -> None:
    await store.change_gate("type", "scripted", concurrency=1)
    _, parent = await begun(store)

    assert await taken_along(store, parent, "abc") == []
    assert [job.name for job in await claim(store)] == ["a"]


@pytest.mark.usefixtures("checked")
async def test_nothing_of_a_paused_run_is_taken_along(store: Store) -> None:
    run_id, parent = await begun(store)
    await store.pause(run_id)

    assert await taken_along(store, parent, "abc") == []
    await store.unpause(run_id)
    assert len(await claim(store)) == 3


@pytest.mark.usefixtures("checked")
async def test_what_waits_for_its_time_is_not_taken_along(store: Store, clock: SettableClock) -> None:
    _, parent = await begun(store)
    jobs = [
        ChildJob("scripted", "tomorrow", {}, run_at=clock.now_ms() + 86_400_000),
        ChildJob("scripted", "now", {}),
    ]
    claimed = await store.plan_and_claim(parent, jobs, last=True, parked=parked(store))

    assert [job.name for job in claimed.jobs] == ["now"]


@pytest.mark.usefixtures("checked")
async def test_what_is_known_already_is_taken_along_once(store: Store) -> None:
    _, parent = await begun(store)

    assert await taken_along(store, parent, "ab", last=False) == ["a", "b"]
    assert await taken_along(store, parent, "bac") == ["c"]


@pytest.mark.usefixtures("checked")
async def test_a_claim_that_was_withdrawn_is_not_taken_along(store: Store) -> None:
    run_id, parent = await begun(store)
    claiming = parked(store)
    assert claiming.withdraw()
    claimed = await store.plan_and_claim(parent, pages("a"), last=True, parked=claiming)

    assert claimed.jobs == ()
    assert await children(store, run_id) == {"a": "pending"}


@pytest.mark.usefixtures("checked")
async def test_a_claim_that_was_taken_along_cannot_be_withdrawn(store: Store) -> None:
    _, parent = await begun(store)
    claiming = parked(store)
    await store.plan_and_claim(parent, pages("a"), last=True, parked=claiming)

    assert not claiming.withdraw()


@pytest.mark.usefixtures("checked")
async def test_who_has_lost_the_lease_of_the_planning_takes_nothing_along(
    store: Store, clock: SettableClock
) -> None:
    run_id, parent = await begun(store)
    clock.advance(2 * LEASE_MS)
    assert await store.rescue(5) == 1

    with pytest.raises(LeaseLostError):
        await taken_along(store, parent, "a")
    assert await children(store, run_id) == {}


@pytest.mark.usefixtures("checked")
async def test_a_cancel_wins_over_what_was_taken_along(store: Store) -> None:
    run_id, parent = await begun(store)
    claimed = await store.plan_and_claim(parent, pages("a", "b"), last=True, parked=parked(store))
    await store.cancel(run_id)

    late = [settlement(job, stores=job.name) for job in claimed.jobs]
    assert await store.settle(late) == [(job.id, job.lease_number) for job in claimed.jobs]
    assert await children(store, run_id) == {"a": "cancelled", "b": "cancelled"}


@pytest.mark.usefixtures("checked")
async def test_nothing_is_taken_along_from_a_step_that_ends_with_its_plan(store: Store) -> None:
    """A share of failures can be judged from then on."""
    tolerance = ErrorTolerance(max_child_failures=Percent(20), failure_action="stop_all")
    run_id, parent = await launch(store, script_definition(script_step(), error_tolerance=tolerance))
    await store.begin_plan(parent, StepLimits())
    claimed = await store.plan_and_claim(parent, pages("a"), last=False, parked=parked(store))
    await store.settle([settlement(job, End.FAILED) for job in claimed.jobs])

    assert await taken_along(store, parent, "b") == []
    assert await children(store, run_id) == {"a": "failed", "b": "cancelled"}


@pytest.mark.usefixtures("checked")
async def test_others_are_woken_for_what_is_left_only(store: Store) -> None:
    _, parent = await begun(store)
    async with listening(store) as of_the_first:
        await taken_along(store, parent, "ab", last=False)
    jobs = [ChildJob("another type", "b", {}), ChildJob("scripted", "c", {})]
    async with listening(store) as of_the_second:
        await store.plan_and_claim(parent, jobs, last=True, parked=parked(store))

    assert not any(change & Change.READY for change in of_the_first)
    assert any(change & Change.READY for change in of_the_second)


async def test_a_crash_at_any_statement_of_it_leaves_all_or_nothing(place: Place) -> None:
    store = place.store()
    run_id, _ = await begun(store)
    await store.close()
    seen = set()
    with the_dead_are_known_at_once():
        for k in range(1, 100):
            wait_until_left(place)
            fault = CrashAt(None)
            store = place.store(before_statement=fault)
            try:
                await store.rescue(1_000)
                [parent] = await claim(store, "script")
                await store.begin_plan(parent, StepLimits())
                before = await children(store, run_id)
                fault.k = len(fault.names) + k
                names = f"{k}a", f"{k}b"
                with contextlib.suppress(Crash, StoreError):
                    await store.plan_and_claim(parent, pages(*names), last=False, parked=parked(store))
                crashed, fault.k = fault.statement, None
            finally:
                fault.statement = ""
                await store.close()
            wait_until_left(place)
            store = place.store()
            try:
                after = await children(store, run_id)
                new = {name: after[name] for name in after if name not in before}
                assert new in ({}, dict.fromkeys(names, "running"))
                assert await store.check() == ()
                await store.rescue(1_000)
                seen.add((crashed, bool(new)))
            finally:
                await store.close()
            if not crashed:
                break
    assert {("claim_jobs", False), ("COMMIT", False), ("DELIVER", True), ("", True)} <= seen


@pytest.mark.only("postgres", reason="sessions")
async def test_a_plan_that_waits_for_its_run_can_be_left_without_the_claim(place: Place) -> None:
    """A process is at the run for long; who parked its claim goes on elsewhere meanwhile."""
    held, let_go = threading.Event(), threading.Event()

    def stand_still(name: str) -> None:
        if name == "COMMIT" and stop:
            held.set()
            let_go.wait(SECONDS)

    stop: list[bool] = []
    store, other = place.store(), place.store(before_statement=stand_still)
    try:
        run_id, parent = await begun(store)
        stop.append(True)
        pausing = asyncio.create_task(other.set_priority(run_id, 1))
        await asyncio.to_thread(held.wait, SECONDS)
        claiming = parked(store)
        planning = asyncio.create_task(store.plan_and_claim(parent, pages("a"), last=True, parked=claiming))
        await asyncio.sleep(0)
        assert claiming.withdraw()
        stop.clear()
        let_go.set()
        await pausing
        assert (await planning).jobs == ()
        assert await children(store, run_id) == {"a": "pending"}
    finally:
        let_go.set()
        await store.close()
        await other.close()


async def test_two_processes_take_each_job_once(place: Place) -> None:
    stores = [place.store(), place.store()]
    try:
        definitions = [script_definition(script_step(), id=f"run {number}") for number in range(4)]
        taken: list[int] = []

        async def work(store: Store, mine: list[int]) -> None:
            for number in mine:
                run_id = await store.launch(definitions[number])
                [parent] = (await store.claim(["script"], 1, LEASE_MS, run_id)).jobs
                await store.begin_plan(parent, StepLimits())
                for chunk in range(5):
                    claimed = await store.plan_and_claim(
                        parent,
                        pages(*(f"{chunk} {name}" for name in "abcd")),
                        last=chunk == 4,
                        parked=parked(store, 3),
                    )
                    taken.extend(job.id for job in claimed.jobs)
                    taken.extend(job.id for job in await claim(store, limit=2))

        await asyncio.gather(work(stores[0], [0, 1]), work(stores[1], [2, 3]))
        taken.extend([job.id for job in await claim(stores[0], limit=1_000)])

        assert len(taken) == len(set(taken)) == 4 * 5 * 4
        assert await stores[0].check() == ()
    finally:
        for store in stores:
            await store.close()
