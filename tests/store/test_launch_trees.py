"""Runs that wait for others: what goes before and after, what becomes of them when one of them does not complete."""

import pytest

from quaero.models.definition import JobDefinition
from quaero.models.errors import ConflictError
from quaero.models.job import JobKind, JobState
from quaero.models.outcome import End
from quaero.store.reads import JobFilter
from quaero.store.store import Store
from quaero.store.transaction import Change
from quaero.store.transitions.launch import Launch
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.places import Place
from tests.store.tree import LEASE_MS, claim, listening, plan, settlement, state, work_off

pytestmark = pytest.mark.usefixtures("checked")

HOUR_MS = 3_600_000


def named(name: str) -> JobDefinition:
    return script_definition(script_step(), id=name)


def tree(name: str, *, before: tuple[Launch, ...] = (), after: tuple[Launch, ...] = ()) -> Launch:
    return Launch(named(name), before, after)


async def runs(store: Store) -> dict[str, str]:
    """The states of all runs by the ids of their definitions."""
    found = await store.jobs(JobFilter(kind=JobKind.RUN), limit=100)
    return {job.type: str(job.state) for job in reversed(found.items)}


async def ids(store: Store) -> dict[str, int]:
    found = await store.jobs(JobFilter(kind=JobKind.RUN), limit=100)
    return {job.type: job.id for job in found.items}


async def finish_next(store: Store, end: End = End.COMPLETED) -> str:
    """Claim the one step that is ready, do its one child, end its run; whose run it was."""
    [step] = await claim(store, "script")
    await plan(store, step, "page")
    [page] = await claim(store)
    await store.settle([settlement(page, end)])
    await store.fold()
    return (await store.job(step.root_id)).type


async def test_a_launched_run_begins_after_those_before_it_and_before_those_after_it(store: Store) -> None:
    await store.launch(
        tree(
            "main",
            before=(tree("pre 1"), tree("pre 2", before=(tree("pre pre"),))),
            after=(tree("post", after=(tree("last"),)),),
        )
    )

    order = [await finish_next(store) for _ in range(6)]

    assert order == ["pre 1", "pre pre", "pre 2", "main", "post", "last"]
    assert set((await runs(store)).values()) == {"completed"}


async def test_the_runs_of_a_tree_know_whom_they_serve(store: Store) -> None:
    main = await store.launch(tree("main", before=(tree("pre"),), after=(tree("post"),)), priority=3)

    at = await ids(store)
    for name, launched_by in (("pre", "pre_job"), ("post", "post_job")):
        info = await store.run(at[name])
        assert (info.launched_by, info.origin_id) == (launched_by, main)
        assert (await store.job(at[name])).priority == 3


async def test_a_run_whose_pre_run_failed_is_cancelled_and_says_why(store: Store) -> None:
    main = await store.launch(tree("main", before=(tree("pre"),), after=(tree("post"),)))
    await finish_next(store, End.FAILED)

    at = await ids(store)
    job = await store.job(main)
    assert await runs(store) == {"main": "cancelled", "pre": "failed", "post": "cancelled"}
    assert job.error_code == "needed_run"
    assert job.error == f"run {at['pre']} (pre), which it needs, ended as failed"
    assert (await store.job(at["post"])).error == f"run {main} (main), which it needs, ended as cancelled"


async def test_a_run_whose_pre_run_was_cancelled_is_cancelled_and_says_why(store: Store) -> None:
    main = await store.launch(tree("main", before=(tree("pre"),)))
    pre = (await ids(store))["pre"]

    await store.cancel(pre)

    job = await store.job(main)
    assert (job.state, job.error_code) == (JobState.CANCELLED, "needed_run")
    assert job.error == f"run {pre} (pre), which it needs, ended as cancelled"


async def test_a_run_whose_pre_run_took_too_long_is_cancelled(store: Store, clock: SettableClock) -> None:
    pre = script_definition(script_step(), id="pre", timeout_ms=1_000)
    main = await store.launch(Launch(named("main"), before=(Launch(pre),)))
    await claim(store, "script")
    clock.advance(1_000)

    await store.fail_overdue()

    assert await state(store, main) == "cancelled"


async def test_a_waiting_run_that_is_cancelled_takes_those_after_it_along_and_not_those_before(
    store: Store,
) -> None:
    main = await store.launch(tree("main", before=(tree("pre"),), after=(tree("post"),)))

    await store.cancel(main)

    assert await runs(store) == {"main": "cancelled", "pre": "pending", "post": "cancelled"}


async def test_a_run_whose_pre_run_failed_is_tried_again_without_it(store: Store) -> None:
    main = await store.launch(tree("main", before=(tree("pre"),)))
    await finish_next(store, End.FAILED)

    await store.retry(main)

    assert await work_off(store) == 1
    assert await runs(store) == {"main": "completed", "pre": "failed"}


async def test_a_failed_pre_run_that_is_tried_again_completes_and_starts_nothing_else(store: Store) -> None:
    await store.launch(tree("main", before=(tree("pre"),)))
    await finish_next(store, End.FAILED)
    await store.retry((await ids(store))["pre"])

    assert await work_off(store) == 1

    assert await runs(store) == {"main": "cancelled", "pre": "completed"}


async def test_a_waiting_run_wakes_whoever_claims_when_its_time_has_come(store: Store) -> None:
    await store.launch(tree("main", before=(tree("pre"),)))
    [step] = await claim(store, "script")
    await plan(store, step)

    async with listening(store) as changes:
        await store.fold()

    assert changes[0] & Change.READY


async def test_a_post_run_can_be_paused_and_its_turn_is_not_forgotten(store: Store) -> None:
    await store.launch(tree("main", after=(tree("post"),)))
    post = (await ids(store))["post"]
    await store.pause(post)
    assert await work_off(store) == 1
    assert await runs(store) == {"main": "completed", "post": "paused"}

    await store.unpause(post)

    assert await work_off(store) == 1
    assert await runs(store) == {"main": "completed", "post": "completed"}


async def test_a_run_that_is_paused_while_it_waits_is_cancelled_when_its_pre_run_fails(store: Store) -> None:
    main = await store.launch(tree("main", before=(tree("pre"),)))
    await store.pause(main)

    await finish_next(store, End.FAILED)

    assert await state(store, main) == "cancelled"


async def test_a_paused_pre_run_holds_up_its_run_and_nothing_else(store: Store) -> None:
    await store.launch(tree("main", before=(tree("pre"),)))
    await store.pause((await ids(store))["pre"])
    await store.launch(named("other"))

    assert await work_off(store) == 1

    assert await runs(store) == {"main": "waiting", "pre": "paused", "other": "completed"}


@pytest.mark.parametrize("waits", [True, False])
async def test_a_run_all_of_whose_steps_are_skipped_ends_when_its_time_has_come(
    store: Store, waits: bool
) -> None:
    """Its only step is for failures, of which there are none; the other runs go on whatever it does."""
    nothing = script_definition(script_step(condition="on_failure"), id="nothing")
    await store.launch(Launch(nothing, before=(tree("pre"),) if waits else ()))
    await store.fold()
    await store.launch(named("other"))

    await work_off(store)
    await store.fold()

    assert set((await runs(store)).values()) == {"completed"}


async def test_a_waiting_run_whose_definition_cannot_be_read_does_not_stop_the_others(
    store: Store, place: Place
) -> None:
    main = await store.launch(tree("main", before=(tree("pre"),)))
    place.execute("UPDATE runs SET definition = '{}' WHERE job_id = ?", (main,))
    await store.fold()
    other = await store.launch(named("other"))

    await work_off(store)
    await store.fold()

    assert await state(store, other) == "completed"
    job = await store.job(main)
    assert job.state.final
    assert "cannot be read" in (job.error or "")


async def test_a_step_of_a_waiting_run_is_cancelled_alone_and_the_run_ends(store: Store) -> None:
    main = await store.launch(tree("main", before=(tree("pre"),)))

    await store.cancel(main + 1)
    await store.fold()

    assert await state(store, main) == "cancelled"


async def test_a_step_of_a_waiting_run_that_was_cancelled_alone_is_tried_again_and_waits_on(
    store: Store,
) -> None:
    main = await store.launch(
        Launch(script_definition(script_step("a"), script_step("b", condition="always")), (tree("pre"),))
    )
    await store.cancel(main + 1)
    await store.retry(main + 1)
    assert await state(store, main) == "waiting"

    await work_off(store)

    assert await state(store, main) == "completed"


async def test_a_launch_with_a_known_key_gives_the_run_of_its_first_launch(store: Store) -> None:
    first = await store.launch(tree("main", before=(tree("pre"),)), key="today")

    assert await store.launch(tree("main", before=(tree("pre"),)), key="today") == first
    assert await store.launch(tree("main"), key="today", alone=True) == first
    await store.cancel(first)
    assert await store.launch(tree("main"), key="today") == first
    assert len(await runs(store)) == 2


async def test_a_key_that_belongs_to_a_run_of_another_definition_is_refused(store: Store) -> None:
    await store.launch(named("main"), key="today")

    with pytest.raises(ConflictError, match="the launch key today belongs to run 1 of main"):
        await store.launch(named("another"), key="today")

    assert list(await runs(store)) == ["main"]


async def test_a_tree_is_not_launched_while_a_run_of_one_of_its_others_is_open(store: Store) -> None:
    pre = await store.launch(named("pre"))

    with pytest.raises(ConflictError, match=f"run {pre} of this definition has not ended"):
        await store.launch(tree("main", before=(tree("pre"),)))

    assert list(await runs(store)) == ["pre"]


async def test_a_key_is_free_again_when_its_run_was_deleted(store: Store) -> None:
    first = await store.launch(named("main"), key="today")
    await store.cancel(first)
    await store.delete_run(first)

    assert await store.launch(named("main"), key="today") > first


async def test_a_launch_alone_is_refused_while_a_run_is_open_in_whatever_state(store: Store) -> None:
    first = await store.launch(tree("main", before=(tree("pre"),)))
    for _ in range(2):  # waiting, then paused
        with pytest.raises(ConflictError, match=f"run {first} of this definition has not ended"):
            await store.launch(named("main"), alone=True)
        if await state(store, first) == "waiting":
            await store.pause(first)
    await store.cancel(first)

    assert await store.launch(named("main"), alone=True) > first


async def test_a_run_begins_at_its_time_and_no_earlier(store: Store, clock: SettableClock) -> None:
    at = clock.now_ms() + HOUR_MS
    run_id = await store.launch(named("main"), run_at=at)

    early = await store.claim(["script"], 10, LEASE_MS)
    clock.advance(HOUR_MS)
    due = await store.claim(["script"], 10, LEASE_MS)

    assert (early.jobs, early.next_at) == ((), at)
    assert [job.root_id for job in due.jobs] == [run_id]


async def test_the_runs_before_a_run_wait_for_its_time_too(store: Store, clock: SettableClock) -> None:
    await store.launch(tree("main", before=(tree("pre"),)), run_at=clock.now_ms() + HOUR_MS)
    assert await work_off(store) == 0
    clock.advance(HOUR_MS)

    assert await work_off(store) == 2

    assert await runs(store) == {"main": "completed", "pre": "completed"}


async def test_an_open_run_is_not_deleted_and_neither_is_a_part_of_one(store: Store) -> None:
    main = await store.launch(tree("main", before=(tree("pre"),)))

    for job_id, text in ((main, "is waiting"), (main + 1, f"part of run {main}")):
        with pytest.raises(ConflictError, match=text):
            await store.delete_run(job_id)


async def test_the_runs_of_a_tree_are_deleted_one_by_one(store: Store) -> None:
    main = await store.launch(tree("main", before=(tree("pre"),)))
    await work_off(store)

    assert await store.delete_run((await ids(store))["pre"]) == 2
    assert await store.check() == ()
    assert await store.delete_run(main) == 2
    assert await runs(store) == {}


async def test_what_has_ended_is_not_cancelled_and_what_runs_is_not_tried_again(store: Store) -> None:
    run_id = await store.launch(named("main"))
    with pytest.raises(ConflictError, match="nothing in it failed or was cancelled"):
        await store.retry(run_id)
    await work_off(store)

    for job_id in (run_id, run_id + 1):
        with pytest.raises(ConflictError, match="already completed"):
            await store.cancel(job_id)
        with pytest.raises(ConflictError, match="nothing in it failed or was cancelled"):
            await store.retry(job_id)
