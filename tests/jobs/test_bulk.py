"""Bulk operations: exactly the jobs that match, each once, whatever happens meanwhile."""

from collections import Counter
from collections.abc import AsyncIterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.jobs.bulk import CHILD_TYPE, Bulk, bulk_definition, launch_bulk, preview_bulk, tally_of
from quaero.jobs.engine import Engine, StoredCollection
from quaero.jobs.manager import JobManager, PlanContext
from quaero.jobs.manager.bulk_manager import BATCH, BulkConfig, BulkManager, FilterConfig
from quaero.jobs.summary import RunSummary
from quaero.jobs.worker import JobContext, JobWorker
from quaero.jobs.worker.bulk_worker import BulkWorker
from quaero.models.bulk import Operation, Tally
from quaero.models.errors import ConflictError, JobFailure, UsageError
from quaero.models.job import ChildJob, Job, JobKind, JobState
from quaero.models.outcome import LogLevel
from quaero.store.reads import JobFilter
from quaero.testing import finish, open_test_engine, run_to_end
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import Place

RUNS = JobFilter(kind=JobKind.RUN)


@pytest.fixture
async def engine(place: Place, worker: ScriptWorker) -> AsyncIterator[Engine]:
    managers: list[JobManager] = [ScriptManager(), BulkManager()]
    workers: list[JobWorker] = [worker, BulkWorker()]
    async with open_test_engine(place.url, managers, workers) as engine:
        yield engine
        assert await engine.store.check() == ()


async def do(engine: Engine, operation: Operation, wanted: JobFilter, **keys: object) -> RunSummary:
    """Launch a bulk operation and work it off."""
    return await finish(engine, await launch_bulk(engine.control, bulk(operation, wanted, **keys)))


def bulk(operation: Operation, wanted: JobFilter, **keys: object) -> Bulk:
    return msgspec.structs.replace(Bulk(operation=operation, wanted=wanted), **keys)


async def tally(engine: Engine, summary: RunSummary) -> str:
    return str(await tally_of(engine.control, summary.job.id))


async def jobs(engine: Engine, wanted: JobFilter) -> tuple[Job, ...]:
    return (await engine.store.jobs(wanted, limit=1_000)).items


async def states(engine: Engine, run_id: int) -> Counter[str]:
    """How many child jobs of a run are in which state."""
    return Counter(
        str(job.state) for job in await jobs(engine, JobFilter(root_id=run_id, kind=JobKind.CHILD))
    )


async def batches(engine: Engine, summary: RunSummary) -> tuple[Job, ...]:
    return await jobs(engine, JobFilter(root_id=summary.job.id, type=CHILD_TYPE))


async def planned_run(engine: Engine, *names: str, **keys: object) -> int:
    """A run whose children of these names are in the queue."""
    run_id = await engine.control.launch(script_definition(script_step(count=0), **keys))
    [parent] = (await engine.store.claim(["script"], 1, 60_000)).jobs
    await engine.store.add_planned(parent, [ChildJob("scripted", name, {}) for name in names], last=True)
    return run_id


async def test_the_jobs_that_match_are_cancelled_and_no_others(engine: Engine) -> None:
    run_id = await planned_run(engine, *(f"good {n}" for n in range(130)), *(f"bad {n}" for n in range(120)))
    wanted = JobFilter(root_id=run_id, kind=JobKind.CHILD, name_part="BAD")
    summary = await do(engine, Operation.CANCEL, wanted)

    assert summary.job.state is JobState.COMPLETED
    assert summary.job.name == "cancel 120 jobs"
    assert await tally(engine, summary) == "120 cancelled"
    assert summary.children.completed == summary.children.total == 2
    assert await states(engine, run_id) == {"pending": 130, "cancelled": 120}
    assert all(
        "good" in job.name
        for job in await jobs(engine, JobFilter(root_id=run_id, states=(JobState.PENDING,)))
    )


async def test_what_a_run_takes_with_it_is_counted_as_cancelled_with_it(engine: Engine) -> None:
    run_id = await planned_run(engine, "a", "b", "c")
    summary = await do(engine, Operation.CANCEL, JobFilter(root_id=run_id))

    assert await tally(engine, summary) == "5 cancelled"
    assert (await engine.store.job(run_id)).state is JobState.CANCELLED


async def test_jobs_that_refuse_are_counted_and_logged_and_the_others_are_done(engine: Engine) -> None:
    done = await run_to_end(engine, script_definition(script_step(count=1)))
    open_run = await planned_run(engine, "a")
    summary = await do(engine, Operation.CANCEL, RUNS)

    assert summary.job.state is JobState.COMPLETED
    [batch] = await batches(engine, summary)
    assert batch.note == "1 cancelled, 1 was already completed"
    [line] = await engine.store.log(batch.id, levels=[LogLevel.WARNING])
    assert line.message == f"job {done.job.id}: job {done.job.id} is already completed"
    assert (await engine.store.job(open_run)).state is JobState.CANCELLED


async def test_an_operation_that_all_jobs_refuse_fails(engine: Engine) -> None:
    await run_to_end(engine, script_definition(script_step(count=1)))
    await run_to_end(engine, script_definition(script_step(count=1)))
    summary = await do(engine, Operation.CANCEL, RUNS)

    assert (summary.job.state, summary.job.error_code) == (JobState.FAILED, "all_refused")
    assert summary.job.error == "all of these jobs refused: 0 cancelled, 2 were already completed"
    assert await tally(engine, summary) == "0 cancelled, 2 were already completed"


async def test_what_is_already_as_wanted_is_no_refusal(engine: Engine) -> None:
    run_id = await planned_run(engine, "a")
    await engine.control.cancel(run_id)
    summary = await do(engine, Operation.CANCEL, JobFilter(root_id=run_id))

    assert summary.job.state is JobState.COMPLETED
    assert await tally(engine, summary) == "0 cancelled, 3 were already cancelled"


async def test_no_matching_job_is_a_run_without_children(engine: Engine) -> None:
    summary = await do(engine, Operation.CANCEL, JobFilter(name_part="nobody"))

    assert (summary.job.state, summary.children.total) == (JobState.COMPLETED, 0)


async def test_exactly_the_failed_jobs_that_match_are_reopened(engine: Engine) -> None:
    children = [{"name": f"{kind} {n}", "breaks": kind} for kind in ("lost", "torn") for n in range(3)]
    run_id = (await run_to_end(engine, script_definition(script_step(children=children)))).job.id
    assert (await engine.store.job(run_id)).error_code == "lost"
    summary = await do(engine, Operation.RETRY, JobFilter(root_id=run_id, error_code="lost"))

    assert await tally(engine, summary) == "3 put back into the queue, 2 were left to the jobs below"
    assert await states(engine, run_id) == {"pending": 3, "failed": 3}
    again = await finish(engine, run_id)
    assert again.children.failed == 6


async def test_a_run_that_is_asked_for_as_such_is_tried_again_as_a_whole(engine: Engine) -> None:
    children = [{"name": "lost", "breaks": "lost"}, {"name": "torn", "breaks": "torn"}]
    run_id = (await run_to_end(engine, script_definition(script_step(children=children)))).job.id
    await do(engine, Operation.RETRY, JobFilter(kind=JobKind.RUN, error_code="lost"))

    assert await states(engine, run_id) == {"pending": 2}


async def test_a_step_that_could_not_be_planned_is_tried_again_itself(engine: Engine) -> None:
    definition = script_definition(script_step(fail_planning="no plan"))
    run_id = (await run_to_end(engine, definition)).job.id
    summary = await do(engine, Operation.RETRY, JobFilter(states=(JobState.FAILED,)))

    assert await tally(engine, summary) == "1 put back into the queue, 1 was left to the jobs below"
    assert (await engine.store.job(run_id)).state is JobState.RUNNING


async def test_steps_of_a_run_can_be_tried_again_by_their_run(engine: Engine) -> None:
    definition = script_definition(script_step(children=[{"name": "lost", "breaks": "lost"}]))
    run_id = (await run_to_end(engine, definition)).job.id
    summary = await do(engine, Operation.RETRY, JobFilter(parent_id=run_id))

    assert await tally(engine, summary) == "1 put back into the queue"
    assert await states(engine, run_id) == {"pending": 1}


async def test_only_whole_runs_that_have_ended_are_deleted(engine: Engine) -> None:
    done = (await run_to_end(engine, script_definition(script_step(count=2), id="done"))).job.id
    open_run = await planned_run(engine, "a")
    with pytest.raises(UsageError, match=r"only whole runs can be deleted\. Add --root"):
        await launch_bulk(engine.control, bulk(Operation.DELETE, JobFilter(root_id=done)))
    summary = await do(engine, Operation.DELETE, RUNS)

    assert await tally(engine, summary) == "1 deleted, 1 was still running"
    assert {job.id for job in await jobs(engine, RUNS)} == {open_run, summary.job.id}


async def test_a_run_paused_in_bulk_holds_its_jobs_and_gives_them_back_with_it(engine: Engine) -> None:
    run_id = await planned_run(engine, "a", "b")
    summary = await do(engine, Operation.PAUSE, JobFilter())

    assert await tally(engine, summary) == "1 paused, 3 were paused with the run"
    assert (await engine.store.claim(["scripted"], 9, 60_000)).jobs == ()
    await do(engine, Operation.RESUME, JobFilter(states=(JobState.PAUSED,)))
    assert (await finish(engine, run_id)).children.completed == 2


async def test_single_jobs_are_paused_and_resumed(engine: Engine) -> None:
    run_id = await planned_run(engine, "a", "b", "c")
    await do(engine, Operation.PAUSE, JobFilter(root_id=run_id, kind=JobKind.CHILD, name_part="a"))
    assert await states(engine, run_id) == {"pending": 2, "paused": 1}
    summary = await do(engine, Operation.RESUME, JobFilter(root_id=run_id, kind=JobKind.CHILD))

    assert await tally(engine, summary) == "1 resumed, 2 were already pending"
    assert await states(engine, run_id) == {"pending": 3}


async def test_a_priority_is_given_to_all_that_are_open(engine: Engine) -> None:
    run_id = await planned_run(engine, "a", "b")
    summary = await do(engine, Operation.PRIORITY, JobFilter(root_id=run_id, kind=JobKind.CHILD), priority=-7)

    assert await tally(engine, summary) == "2 given the priority"
    found = await jobs(engine, JobFilter(root_id=run_id))
    assert {job.name: job.priority for job in found} == {"a": -7, "b": -7, "step": 0, "Test": 0}


@pytest.mark.parametrize(
    ("operation", "keys"),
    [(Operation.PRIORITY, {}), (Operation.CANCEL, {"priority": 1}), (Operation.CANCEL, {"documents": True})],
)
async def test_an_operation_that_makes_no_sense_is_refused(
    engine: Engine, operation: Operation, keys: dict[str, object]
) -> None:
    with pytest.raises(UsageError):
        await launch_bulk(engine.control, bulk(operation, JobFilter(), **keys))
    assert await jobs(engine, JobFilter()) == ()


async def test_another_number_than_expected_starts_nothing(engine: Engine) -> None:
    await planned_run(engine, "a", "b")
    children = bulk(Operation.CANCEL, JobFilter(kind=JobKind.CHILD))
    with pytest.raises(ConflictError, match="2 jobs match, not 3: nothing was changed"):
        await launch_bulk(engine.control, children, expect=3)
    assert len(await jobs(engine, RUNS)) == 1

    run_id = await launch_bulk(engine.control, children, expect=2)
    assert (await finish(engine, run_id)).job.state is JobState.COMPLETED


async def test_a_number_that_changed_before_it_was_planned_changes_nothing(engine: Engine) -> None:
    run_id = await planned_run(engine, "a", "b")
    pending = JobFilter(kind=JobKind.CHILD, states=(JobState.PENDING,))
    bulk_run = await launch_bulk(engine.control, bulk(Operation.CANCEL, pending), expect=2)
    await engine.control.pause((await jobs(engine, JobFilter(kind=JobKind.CHILD, name_part="a")))[0].id)
    summary = await finish(engine, bulk_run)

    assert (summary.job.state, summary.job.error_code) == (JobState.FAILED, "conflict")
    assert await states(engine, run_id) == {"pending": 1, "paused": 1}


async def test_jobs_that_are_newer_than_the_launch_are_left_alone_and_so_is_the_run_itself(
    engine: Engine,
) -> None:
    old = await planned_run(engine, "a")
    bulk_run = await launch_bulk(engine.control, bulk(Operation.CANCEL, JobFilter()))
    new = await engine.control.launch(script_definition(script_step(count=1), id="new"))
    summary = await finish(engine, bulk_run)

    assert await tally(engine, summary) == "3 cancelled"
    assert summary.job.state is JobState.COMPLETED
    assert [(await engine.store.job(run_id)).state for run_id in (old, new)] == ["cancelled", "pending"]


async def test_a_definition_without_a_bound_ends_before_its_own_run(engine: Engine) -> None:
    await planned_run(engine, "a")
    summary = await run_to_end(engine, bulk_definition(bulk(Operation.CANCEL, JobFilter())))

    assert (summary.job.state, await tally(engine, summary)) == (JobState.COMPLETED, "3 cancelled")


async def test_a_job_that_changed_since_it_was_chosen_is_left_alone(engine: Engine) -> None:
    run_id = await planned_run(engine, "a", "b")
    pending = JobFilter(root_id=run_id, kind=JobKind.CHILD, states=(JobState.PENDING,))
    [batch] = await plan_only(engine, bulk(Operation.CANCEL, pending))
    assert batch.name == f"2 jobs, {run_id + 2} to {run_id + 3}"
    [started] = (await engine.store.claim(["scripted"], 1, 60_000)).jobs
    summary = await finish(engine, batch.root_id)

    assert await tally(engine, summary) == "1 cancelled, 1 was running by then"
    assert (await engine.store.job(started.id)).state is JobState.RUNNING


async def plan_only(engine: Engine, what: Bulk) -> list[Job]:
    """The batches of a bulk run that has been planned and not begun."""
    run_id = await launch_bulk(engine.control, what)
    [parent] = (await engine.store.claim(["bulk"], 1, 60_000, run_id)).jobs
    await engine.store.add_planned(parent, await plan_of(engine, what, parent.id), last=True)
    return list(await jobs(engine, JobFilter(root_id=run_id, type=CHILD_TYPE)))


async def plan_of(engine: Engine, what: Bulk, parent_id: int) -> list[ChildJob]:
    """What the manager yields for the step of a bulk run."""
    definition = bulk_definition(what)
    config = BulkConfig.model_validate(definition.steps[0].config)
    context = PlanContext(StoredCollection(engine.store), engine.control)
    planned = BulkManager().create_parent_job(definition.steps[0], definition, parent_id, config, context)
    return [child async for child in planned]


async def test_planning_anew_gives_the_same_batches_whatever_was_done_meanwhile(engine: Engine) -> None:
    await planned_run(engine, *(f"child {n}" for n in range(2 * BATCH + 50)))
    what = bulk(Operation.CANCEL, JobFilter(kind=JobKind.CHILD, states=(JobState.PENDING,)))
    run_id = await launch_bulk(engine.control, what)
    [parent] = (await engine.store.claim(["bulk"], 1, 60_000, run_id)).jobs
    first = await plan_of(engine, what, parent.id)
    assert [len(batch.config["jobs"]) for batch in first] == [BATCH, BATCH, 50]
    await engine.store.add_planned(parent, first[:1], last=False)
    for job_id, _ in first[0].config["jobs"]:
        await engine.control.cancel(job_id)

    assert await plan_of(engine, what, parent.id) == first


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (Operation.CANCEL, "4 cancelled"),
        (Operation.PAUSE, "2 paused, 2 were already running"),
        (Operation.PRIORITY, "4 given the priority"),
    ],
)
async def test_a_batch_that_is_delivered_twice_counts_the_same(
    engine: Engine, operation: Operation, expected: str
) -> None:
    run_id = await planned_run(engine, "a", "b", "c", "d")
    await engine.store.claim(["scripted"], 2, 60_000)
    priority = 5 if operation is Operation.PRIORITY else None
    what = bulk(operation, JobFilter(root_id=run_id, kind=JobKind.CHILD), priority=priority)
    [batch] = await plan_only(engine, what)
    first = await execute_unsettled(engine, batch)
    summary = await finish(engine, batch.root_id)

    assert first == expected
    assert await tally(engine, summary) == expected


async def execute_unsettled(engine: Engine, batch: Job) -> str:
    """Execute a batch as a process does that dies before it can record the end."""
    definition = (await engine.store.run(batch.root_id)).definition
    step = definition.steps[0]
    config = BulkConfig.model_validate(step.config)
    collection = StoredCollection(engine.store)
    context = JobContext(definition, step, config, collection, engine.control, lambda: 0)
    return (await BulkWorker().execute(batch, context)).note


async def test_deleting_and_retrying_twice_count_the_same(engine: Engine) -> None:
    children = [{"name": f"lost {n}", "breaks": "lost"} for n in range(3)]
    run_id = (await run_to_end(engine, script_definition(script_step(children=children)))).job.id
    [batch] = await plan_only(engine, bulk(Operation.RETRY, JobFilter(root_id=run_id, kind=JobKind.CHILD)))
    assert await execute_unsettled(engine, batch) == "3 put back into the queue"
    assert await tally(engine, await finish(engine, batch.root_id)) == "3 put back into the queue"

    await engine.control.cancel(run_id)
    [batch] = await plan_only(engine, bulk(Operation.DELETE, JobFilter(root_id=run_id, kind=JobKind.RUN)))
    assert await execute_unsettled(engine, batch) == "1 deleted"
    assert await tally(engine, await finish(engine, batch.root_id)) == "1 deleted"


async def test_a_job_that_is_gone_refuses_everything_but_its_deletion(engine: Engine) -> None:
    run_id = (await run_to_end(engine, script_definition(script_step(count=1)))).job.id
    other = await planned_run(engine, "a", id="other")
    [batch] = await plan_only(engine, bulk(Operation.CANCEL, RUNS))
    await engine.control.delete(run_id)
    summary = await finish(engine, batch.root_id)

    assert await tally(engine, summary) == "1 cancelled, 1 was no longer there"
    assert (await engine.store.job(other)).state is JobState.CANCELLED


@pytest.mark.parametrize(
    ("scope", "key", "named"),
    [
        ("all", "", "everything"),
        ("type", CHILD_TYPE, "type bulk_batch"),
        ("definition", "bulk-cancel", "bulk-cancel"),
    ],
)
async def test_a_pause_that_would_hold_the_operation_itself_is_told_at_once(
    engine: Engine, scope: str, key: str, named: str
) -> None:
    await planned_run(engine, "a")
    await engine.control.change_gate(scope, key, paused=True)  # type: ignore[arg-type]
    with pytest.raises(ConflictError, match=f"{named} is paused: .*Resume first: quaero jobs resume --"):
        await launch_bulk(engine.control, bulk(Operation.CANCEL, JobFilter()))
    assert len(await jobs(engine, RUNS)) == 1


async def test_pausing_all_runs_does_not_pause_the_operation_itself(engine: Engine) -> None:
    await planned_run(engine, "a")
    summary = await do(engine, Operation.PAUSE, RUNS)

    assert (summary.job.state, await tally(engine, summary)) == (JobState.COMPLETED, "1 paused")


async def test_texts_of_a_filter_are_no_placeholders(engine: Engine) -> None:
    run_id = await planned_run(engine, "{name} {{x}}", "other")
    summary = await do(engine, Operation.CANCEL, JobFilter(root_id=run_id, name_part="{name} {{x}}"))

    assert await tally(engine, summary) == "1 cancelled"


async def test_a_preview_tells_the_number_and_the_first_jobs(engine: Engine) -> None:
    run_id = await planned_run(engine, *map(str, range(20)))
    found = await preview_bulk(engine.control, bulk(Operation.CANCEL, JobFilter(root_id=run_id)))

    assert found.total == 22
    assert [job.name for job in found.first] == ["Test", "step", *map(str, range(8))]


async def test_a_batch_that_nobody_can_read_fails_as_invalid() -> None:
    job = Job(1, 1, None, JobKind.CHILD, CHILD_TYPE, "x", JobState.RUNNING, {"jobs": [["seven"]]})
    with pytest.raises(JobFailure, match="its jobs cannot be read"):
        BulkWorker().validate(job)


def test_the_filter_of_a_definition_has_every_field_of_a_filter() -> None:
    assert set(FilterConfig.model_fields) == set(JobFilter.__struct_fields__)


FILTERS = st.builds(
    JobFilter,
    root_id=st.none() | st.integers(1, 9),
    kind=st.none() | st.sampled_from(JobKind),
    states=st.none() | st.lists(st.sampled_from(JobState), min_size=1).map(tuple),
    type=st.none() | st.text("ab{}", max_size=9),
    created_before=st.none() | st.integers(0, 9),
)


@given(FILTERS)
def test_a_filter_reads_back_from_the_config_of_its_step(wanted: JobFilter) -> None:
    from quaero.jobs.definitions.step_config import read_config
    from quaero.models.placeholders import Values

    config = bulk_definition(bulk(Operation.CANCEL, wanted)).steps[0].config
    assert read_config(BulkConfig, config, Values()).filter.to_filter() == wanted


@given(
    st.sampled_from(Operation),
    st.dictionaries(
        st.sampled_from(["already completed", "running by then", "refused"]), st.integers(1, 10**6)
    ),
    st.integers(0, 10**6),
)
def test_a_tally_reads_back(operation: Operation, others: dict[str, int], done: int) -> None:
    first = Tally(operation)
    first.add(count=done)
    for what, count in others.items():
        first.add(what, count)
    read = Tally.read(operation, f"all of these jobs refused: {first}")

    assert (read.done, read.others) == (done, others)
    assert str(read) == str(first)
    read.include(first)
    assert (read.done, read.others) == (2 * done, {what: 2 * count for what, count in others.items()})
