"""Who may write: leases and their numbers when workers are lost, late, or doubled."""

from pathlib import Path

import pytest

from quaero.models.definition import JobDefinition
from quaero.models.job import JobState, StepLimits
from quaero.models.outcome import End
from quaero.store.sqlite.backend import SqliteBackend
from quaero.store.store import Store
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.places import Place
from tests.store.tree import LEASE_MS, claim, launch, plan, settlement


async def test_of_two_ends_of_one_job_in_a_batch_only_the_one_that_holds_the_lease_counts(
    store: Store, clock: SettableClock
) -> None:
    _, parent = await launch(store)
    await plan(store, parent, "page")
    [early] = await claim(store)
    clock.advance(LEASE_MS)
    await store.rescue(10)
    [late] = await claim(store)

    await store.settle([settlement(early, stores="early"), settlement(late, stores="late")])

    assert (await store.progress(parent.id)).documents.created == 1
    assert await store.check() == ()


async def test_the_same_end_twice_in_a_batch_counts_once(store: Store) -> None:
    _, parent = await launch(store)
    await plan(store, parent, "page")
    [job] = await claim(store)

    await store.settle([settlement(job, spawns=["next"]), settlement(job, spawns=["next"])])

    assert (await store.progress(parent.id)).counts.completed == 1
    assert await store.check() == ()


async def test_a_step_that_is_given_up_while_planned_takes_its_lost_children_with_it(
    store: Store, clock: SettableClock
) -> None:
    _, parent = await launch(store)
    await plan(store, parent, "a", "b", last=False)
    await claim(store)
    clock.advance(LEASE_MS)

    await store.rescue(0)

    assert (await store.job(parent.id)).state is JobState.FAILED
    assert (await store.progress(parent.id)).counts.cancelled == 2
    assert await store.check() == ()


async def test_a_lost_job_of_a_step_that_is_given_up_is_not_put_back_into_the_queue(
    store: Store, clock: SettableClock
) -> None:
    _, parent = await launch(store)
    for _ in range(2):  # the planner is lost twice
        clock.advance(LEASE_MS)
        await store.rescue(3)
        [parent] = await claim(store, "script")
    await plan(store, parent, "a", last=False)
    await claim(store)
    clock.advance(LEASE_MS)

    await store.rescue(2)

    assert (await store.progress(parent.id)).counts.cancelled == 1
    assert await store.check() == ()


async def test_a_given_up_child_makes_room_for_one_that_waits(store: Store, clock: SettableClock) -> None:
    _, parent = await launch(store)
    await plan(store, parent, "killer", "waits", limits=StepLimits(max_documents=1))
    await claim(store)
    clock.advance(LEASE_MS)
    await store.rescue(1)

    [promoted] = await claim(store)

    assert promoted.name == "waits"
    assert await store.check() == ()


@pytest.fixture
def definition() -> JobDefinition:
    return script_definition(script_step())


async def test_a_process_whose_clock_is_hours_ahead_takes_no_lease_away(
    place: Place, definition: JobDefinition
) -> None:
    behind, ahead = SettableClock(), SettableClock()
    ahead.set_wrong(8 * 3_600_000)
    working, other = place.store(clock=behind), place.store(clock=ahead)
    await launch(working, definition)

    taken = await other.rescue(10)

    await working.close()
    await other.close()
    assert taken == 0


async def test_a_process_whose_clock_is_hours_behind_works_on_what_others_started(
    place: Place, definition: JobDefinition
) -> None:
    behind, ahead = SettableClock(), SettableClock()
    ahead.set_wrong(8 * 3_600_000)
    worker, other = place.store(clock=behind), place.store(clock=ahead)
    await other.launch(definition)

    claimed = await claim(worker, "script")
    findings = await worker.check()

    await worker.close()
    await other.close()
    assert len(claimed) == 1
    assert findings == ()


@pytest.mark.only("sqlite", reason="file")
async def test_a_database_behind_a_link_is_the_same_database(
    path: Path, tmp_path: Path, definition: JobDefinition
) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    working = Store(SqliteBackend(path))
    link.symlink_to(path)
    other = Store(SqliteBackend(link))
    await launch(working, definition)

    taken = await other.rescue(10)

    await working.close()
    await other.close()
    assert taken == 0


async def test_a_job_that_was_given_back_keeps_its_attempts_for_itself(store: Store) -> None:
    _, parent = await launch(store)
    await plan(store, parent, "page")
    [first] = await claim(store)
    await store.settle([settlement(first, End.RELEASED)])
    [second] = await claim(store)

    assert (first.attempt, second.attempt) == (1, 1)
    assert second.lease_number > first.lease_number


async def test_two_different_ends_of_one_execution_in_a_batch_are_one_end(store: Store) -> None:
    _, parent = await launch(store)
    await plan(store, parent, "page")
    [job] = await claim(store)

    await store.settle([settlement(job, End.RETRY), settlement(job, End.COMPLETED)])

    assert await store.check() == ()
