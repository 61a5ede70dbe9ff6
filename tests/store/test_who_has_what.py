"""What the pages around the runs ask: the last run of each definition, who has what in hand, who does what for all."""

from quaero.models.job import JobState
from quaero.store.store import Store
from quaero.store.transitions.duties import ORCHESTRATOR
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.store.tree import claim, launch, plan, settlement

LEASE_MS = 60_000


async def test_the_last_run_of_each_definition_is_found_whatever_became_of_it(store: Store) -> None:
    assert await store.last_runs() == {}
    await store.cancel(await store.launch(script_definition(script_step(), id="docs")))
    cancelled = await store.launch(script_definition(script_step(), id="docs"))
    await store.cancel(cancelled)
    waiting = await store.launch(script_definition(script_step(), id="wiki"))

    runs = await store.last_runs()

    assert {key: (run.id, run.state) for key, run in runs.items()} == {
        "docs": (cancelled, JobState.CANCELLED),
        "wiki": (waiting, JobState.PENDING),
    }


async def test_jobs_that_a_process_has_in_hand_are_told_apart_from_those_that_wait_or_are_done(
    store: Store,
) -> None:
    _, parent = await launch(store)
    assert [job.id for job in await store.held_jobs()] == [parent.id]
    await plan(store, parent, "a", "b", "c")
    done, held = await claim(store, limit=2)
    await store.settle([settlement(done)])

    found = await store.held_jobs()

    assert [(job.id, job.lease_owner) for job in found] == [(held.id, store.backend.owner)]
    assert await store.held_jobs(limit=0) == ()


async def test_a_duty_is_whose_it_is_until_its_time_is_over(store: Store, clock: SettableClock) -> None:
    assert await store.duties() == {}
    await store.take_duty(ORCHESTRATOR, LEASE_MS)
    assert await store.duties() == {ORCHESTRATOR: store.backend.owner}
    clock.advance(LEASE_MS + 1)
    assert await store.duties() == {}
