"""What people do to jobs: cancel, retry, delete, and ask for what makes no sense."""

import pytest

from quaero.jobs.engine import Engine
from quaero.models.errors import ConflictError, NotFoundError
from quaero.models.job import ChildJob, Job, JobKind, JobState, StepLimits
from quaero.models.outcome import End, Settlement
from quaero.models.progress import Progress
from quaero.store.reads import DocumentFilter, JobFilter
from quaero.testing import finish, run_to_end
from tests.kit import ScriptWorker, script_definition, script_step

CHILD = ChildJob("scripted", "child", {})


async def children(engine: Engine, run_id: int) -> dict[str, Job]:
    page = await engine.store.jobs(JobFilter(root_id=run_id, kind=JobKind.CHILD), limit=1000)
    return {job.name: job for job in page.items}


async def test_cancel_ends_everything_open_and_stops_running_work(
    engine: Engine, worker: ScriptWorker
) -> None:
    step = script_step(children=[{"name": "slow", "wait": True}, {"name": "queued"}], concurrency=1)
    run_id = await engine.control.launch(script_definition(step, script_step("later", count=1)))
    async with engine.working(run_id):
        await worker.start_of("slow").wait()
        assert await engine.control.cancel(run_id) == 5
        async for _ in engine.hub.follow(run_id):
            pass
    summary = await engine.control.summary(run_id)

    assert summary.job.state is JobState.CANCELLED
    assert [step.job.state for step in summary.steps] == ["cancelled", "cancelled"]
    assert summary.children == Progress(total=2, cancelled=2)
    assert worker.stopped == ["slow"]
    assert worker.executed["queued"] == 0


async def test_a_late_result_of_a_cancelled_job_is_refused(engine: Engine) -> None:
    run_id = await engine.control.launch(script_definition(script_step(count=1)))
    [parent] = (await engine.store.claim(["script"], 1, 60_000)).jobs
    await engine.store.begin_plan(parent, StepLimits())
    await engine.store.add_planned(parent, [CHILD], last=True)
    [child] = (await engine.store.claim(["scripted"], 1, 60_000)).jobs
    await engine.control.cancel(run_id)

    late = Settlement(child.id, child.lease_number, End.COMPLETED, children=(CHILD,))
    assert await engine.store.settle([late]) == [(child.id, child.lease_number)]
    assert (await engine.store.job(child.id)).state is JobState.CANCELLED
    assert len(await children(engine, run_id)) == 1


async def test_one_step_or_one_child_can_be_cancelled(engine: Engine, worker: ScriptWorker) -> None:
    step = script_step(children=[{"name": "hangs", "wait": True}, {"name": "fine"}])
    run_id = await engine.control.launch(script_definition(step))
    async with engine.working(run_id):
        await worker.start_of("hangs").wait()
        hanging = (await children(engine, run_id))["hangs"]
        assert await engine.control.cancel(hanging.id) == 1
        async for _ in engine.hub.follow(run_id):
            pass
    summary = await engine.control.summary(run_id)

    assert summary.job.state is JobState.COMPLETED
    assert summary.children == Progress(total=2, completed=1, cancelled=1)


async def test_a_run_that_ended_cannot_be_cancelled(engine: Engine) -> None:
    summary = await run_to_end(engine, script_definition(script_step(count=1)))

    with pytest.raises(ConflictError, match="already completed"):
        await engine.control.cancel(summary.job.id)


async def test_retry_reopens_what_failed_and_what_never_had_its_turn(
    engine: Engine, worker: ScriptWorker
) -> None:
    first = script_step("first", children=[{"name": "shaky", "fails": 3}])
    summary = await run_to_end(engine, script_definition(first, script_step("second", count=2)))
    assert [step.job.state for step in summary.steps] == ["failed", "skipped"]

    worker.executed.clear()
    assert await engine.control.retry(summary.job.id) == 2
    shaky = (await children(engine, summary.job.id))["shaky"]
    assert (shaky.state, shaky.attempt, shaky.error) == (JobState.PENDING, 0, None)
    again = await finish(engine, summary.job.id)

    assert worker.executed["shaky"] == 3
    assert [step.job.state for step in again.steps] == ["failed", "skipped"]


async def test_a_failed_child_of_a_completed_run_can_be_retried_alone(
    engine: Engine, worker: ScriptWorker
) -> None:
    step = script_step(children=[{"name": "broken", "breaks": "http_404"}, {"name": "fine"}])
    summary = await run_to_end(engine, script_definition(step))
    assert summary.job.state is JobState.COMPLETED

    broken = (await children(engine, summary.job.id))["broken"]
    assert await engine.control.retry(broken.id) == 1
    assert (await engine.store.job(summary.job.id)).state is JobState.RUNNING
    again = await finish(engine, summary.job.id)

    assert again.job.state is JobState.COMPLETED
    assert worker.executed == {"broken": 2, "fine": 1}


async def test_a_cancelled_run_can_be_taken_up_again(engine: Engine) -> None:
    run_id = await engine.control.launch(
        script_definition(script_step("one", count=3), script_step("two", count=1))
    )
    await engine.control.cancel(run_id)
    await engine.control.retry(run_id)
    summary = await finish(engine, run_id)

    assert summary.job.state is JobState.COMPLETED
    assert summary.children == Progress(total=4, completed=4)


async def test_there_is_nothing_to_retry_in_a_run_that_went_well(engine: Engine) -> None:
    summary = await run_to_end(engine, script_definition(script_step(count=1)))

    with pytest.raises(ConflictError, match="nothing in it failed or was cancelled"):
        await engine.control.retry(summary.job.id)


async def test_deleting_a_run_takes_its_whole_tree_and_leaves_its_documents(engine: Engine) -> None:
    step = script_step(children=[{"name": "page", "document": "text", "log": "hello"}])
    summary = await run_to_end(engine, script_definition(step))

    assert await engine.control.delete(summary.job.id) == 3
    assert (await engine.store.jobs(JobFilter())).total == 0
    assert await engine.store.events(summary.job.id) == ()
    assert (await engine.store.documents(DocumentFilter())).total == 1


async def test_an_open_run_and_a_part_of_a_run_cannot_be_deleted(engine: Engine) -> None:
    run_id = await engine.control.launch(script_definition(script_step(count=1)))

    with pytest.raises(ConflictError, match="Cancel it first"):
        await engine.control.delete(run_id)
    with pytest.raises(ConflictError, match=f"is part of run {run_id}"):
        await engine.control.delete(run_id + 1)


async def test_a_job_that_does_not_exist_is_not_found(engine: Engine) -> None:
    for ask in (engine.control.cancel, engine.control.retry, engine.control.delete, engine.control.summary):
        with pytest.raises(NotFoundError, match="there is no job 4711"):
            await ask(4711)


async def test_work_on_a_run_that_does_not_exist_begins_nothing(engine: Engine) -> None:
    with pytest.raises(NotFoundError):
        async with engine.working(99):
            pytest.fail("there is nothing to work on")

    assert await engine.store.processes() == ()
