"""A run from launch to end: steps, children, spawning, retries, failures."""

import asyncio

import pytest

from quaero.jobs.engine import Engine
from quaero.models.definition import ErrorTolerance
from quaero.models.errors import ConflictError
from quaero.models.job import ChildJob, JobKind, JobState, StepLimits
from quaero.models.outcome import End, Settlement
from quaero.models.progress import Progress
from quaero.store.reads import JobFilter
from quaero.testing import finish, run_to_end
from tests.kit import ScriptWorker, script_definition, script_step


async def states(engine: Engine, run_id: int) -> dict[str, str]:
    page = await engine.store.jobs(JobFilter(root_id=run_id), limit=1000)
    return {job.name: job.state for job in page.items if job.kind is not JobKind.RUN}


async def test_a_run_executes_every_child_once_and_completes(engine: Engine, worker: ScriptWorker) -> None:
    summary = await run_to_end(engine, script_definition(script_step(count=50)))

    assert summary.job.state is JobState.COMPLETED
    assert summary.children == Progress(total=50, completed=50)
    assert len(worker.executed) == 50
    assert set(worker.executed.values()) == {1}


async def test_a_step_without_children_completes_at_once(engine: Engine) -> None:
    summary = await run_to_end(engine, script_definition(script_step()))

    assert summary.job.state is JobState.COMPLETED
    assert summary.children == Progress()


async def test_spawned_children_of_any_depth_count_for_the_step(engine: Engine, worker: ScriptWorker) -> None:
    leaf = {"name": "leaf"}
    middle = {"name": "middle", "spawn": [leaf]}
    summary = await run_to_end(
        engine, script_definition(script_step(children=[{"name": "top", "spawn": [middle]}]))
    )

    page = await engine.store.jobs(JobFilter(root_id=summary.job.id, kind=JobKind.CHILD), oldest_first=True)
    assert [(job.name, job.depth) for job in page.items] == [("top", 0), ("middle", 1), ("leaf", 2)]
    assert {job.parent_id for job in page.items} == {summary.steps[0].job.id}
    assert page.items[2].discovered_by == page.items[1].id
    assert summary.children == Progress(total=3, completed=3)


async def test_the_same_work_is_spawned_once_however_often_it_is_found(
    engine: Engine, worker: ScriptWorker
) -> None:
    again = {"name": "again", "key": "page"}
    children = [{"name": f"finder {n}", "spawn": [again, again]} for n in range(5)]
    summary = await run_to_end(engine, script_definition(script_step(children=children)))

    assert worker.executed["again"] == 1
    assert summary.children.total == 6


async def test_a_second_step_starts_only_after_every_child_of_the_first_ended(
    engine: Engine, worker: ScriptWorker
) -> None:
    first = script_step("first", children=[{"name": "slow", "wait": True}, {"name": "fast"}])
    second = script_step("second", children=[{"name": "later"}])
    run_id = await engine.control.launch(script_definition(first, second))
    async with engine.working(run_id):
        await worker.start_of("slow").wait()
        async for event in engine.hub.follow(run_id):
            if event.type == "parent_job_progress" and event.data["completed"] == 1:
                break
        assert (await states(engine, run_id))["second"] == "waiting"
        worker.release("slow")
        await worker.start_of("later").wait()
    summary = await finish(engine, run_id)

    assert summary.job.state is JobState.COMPLETED
    assert worker.executed["later"] >= 1


async def test_a_failing_job_is_tried_again_by_the_policy_and_then_succeeds(
    engine: Engine, worker: ScriptWorker
) -> None:
    summary = await run_to_end(
        engine, script_definition(script_step(children=[{"name": "shaky", "fails": 2}]))
    )

    assert summary.job.state is JobState.COMPLETED
    assert worker.executed["shaky"] == 3


async def test_a_job_that_keeps_failing_ends_as_failed_after_its_last_attempt(
    engine: Engine, worker: ScriptWorker
) -> None:
    summary = await run_to_end(
        engine, script_definition(script_step(children=[{"name": "bad", "fails": 99}]))
    )

    assert worker.executed["bad"] == 3
    assert summary.job.state is JobState.FAILED
    assert summary.steps[0].errors[0].code == "not_yet"
    assert summary.steps[0].errors[0].example.error == "not yet"


async def test_a_failure_for_good_is_not_tried_again(engine: Engine, worker: ScriptWorker) -> None:
    children = [{"name": "broken", "breaks": "http_404"}, {"name": "fine"}]
    summary = await run_to_end(engine, script_definition(script_step(children=children)))

    assert worker.executed["broken"] == 1
    assert summary.job.state is JobState.COMPLETED
    assert summary.children == Progress(total=2, completed=1, failed=1)


async def test_with_on_error_retry_every_failure_is_tried_again(engine: Engine, worker: ScriptWorker) -> None:
    step = script_step(on_error="retry", children=[{"name": "broken", "breaks": "http_404"}])
    await run_to_end(engine, script_definition(step))

    assert worker.executed["broken"] == 3


async def test_an_unexpected_error_of_a_worker_concerns_its_job_alone(
    engine: Engine, worker: ScriptWorker
) -> None:
    children = [{"name": "bug", "raises": "oh no"}, {"name": "fine"}]
    summary = await run_to_end(engine, script_definition(script_step(children=children)))

    [group] = summary.steps[0].errors
    assert (group.code, group.example.error) == ("internal_error", "RuntimeError: oh no")
    assert summary.children.completed == 1
    trace = await engine.store.log(group.example.id)
    assert "RuntimeError: oh no" in trace[-1].message


async def test_a_wait_that_a_server_asked_for_is_never_cut_short(engine: Engine) -> None:
    step = script_step(children=[{"name": "busy", "fails": 1, "retry_after": 3600}])
    summary = await run_to_end(engine, script_definition(step))

    assert summary.job.state is JobState.FAILED
    assert "asked to wait 3600 s" in (summary.steps[0].errors[0].example.error or "")


@pytest.mark.parametrize(
    ("on_error", "run_state", "second_state"),
    [("fail", "failed", "skipped"), ("continue", "completed", "completed"), ("retry", "failed", "skipped")],
)
async def test_what_follows_a_failed_step_is_decided_by_on_error(
    engine: Engine, on_error: str, run_state: str, second_state: str
) -> None:
    first = script_step("first", on_error=on_error, children=[{"name": "bad", "breaks": "x"}])
    summary = await run_to_end(engine, script_definition(first, script_step("second", count=1)))

    assert summary.job.state == run_state
    assert [step.job.state for step in summary.steps] == ["failed", second_state]


async def test_a_planning_error_fails_the_step_and_stops_the_children_that_it_has(engine: Engine) -> None:
    summary = await run_to_end(engine, script_definition(script_step(count=1500, fail_planning="no seeds")))

    assert summary.job.state is JobState.FAILED
    assert (summary.job.error_code, summary.job.error) == ("job_failed", "no seeds")
    assert summary.children.open == 0
    assert summary.children.total in (0, 1000)


async def test_the_tolerance_is_applied_at_the_failure_that_crosses_it(
    engine: Engine, worker: ScriptWorker
) -> None:
    children = [{"name": f"bad {n}", "breaks": "x"} for n in range(3)] + [{"name": "hangs", "wait": True}]
    definition = script_definition(
        script_step(children=children), error_tolerance=ErrorTolerance(max_child_failures=3)
    )
    summary = await run_to_end(engine, definition)

    assert summary.job.state is JobState.FAILED
    assert summary.steps[0].job.error_code == "error_tolerance"
    assert worker.stopped == ["hangs"]
    assert summary.children == Progress(total=4, failed=3, cancelled=1)


async def test_a_run_that_takes_longer_than_its_timeout_fails_with_all_that_is_open(
    engine: Engine, worker: ScriptWorker
) -> None:
    definition = script_definition(script_step(children=[{"name": "hangs", "wait": True}]), timeout_ms=2_000)
    summary = await run_to_end(engine, definition)

    assert (summary.job.state, summary.job.error_code) == (JobState.FAILED, "timeout")
    assert summary.children == Progress(total=1, cancelled=1)


async def test_the_limit_on_documents_is_exact_and_failures_give_their_slot_back(
    engine: Engine, worker: ScriptWorker
) -> None:
    pages = [{"name": f"page {n}", "key": f"page {n}", "document": f"text {n}"} for n in range(30)]
    broken = [{"name": f"broken {n}", "key": f"broken {n}", "breaks": "http_404"} for n in range(5)]
    start = {"name": "start", "key": "start", "document": "start", "spawn": broken + pages}
    summary = await run_to_end(engine, script_definition(script_step(children=[start], max_documents=10)))

    assert summary.documents.created == 10
    assert summary.children == Progress(total=15, completed=10, failed=5)


async def test_two_names_of_one_page_make_one_document(engine: Engine) -> None:
    real = {"name": "real", "key": "real", "document": "text"}
    alias = {"name": "alias", "key": "alias", "claims": ["real"], "document": "text", "url": "real"}
    summary = await run_to_end(engine, script_definition(script_step(children=[real, alias], concurrency=1)))

    assert summary.documents.created == 1
    page = await engine.store.jobs(JobFilter(root_id=summary.job.id, kind=JobKind.CHILD), oldest_first=True)
    assert page.items[1].note == f"the same page as job {page.items[0].id}: real"


async def test_a_second_run_says_what_is_new_changed_and_unchanged(engine: Engine) -> None:
    def crawl(**texts: str) -> object:
        return script_definition(
            script_step(children=[{"name": name, "document": text} for name, text in texts.items()])
        )

    await run_to_end(engine, crawl(a="one", b="two"))  # type: ignore[arg-type]
    summary = await run_to_end(engine, crawl(a="one", b="TWO", c="three"))  # type: ignore[arg-type]

    assert (summary.documents.created, summary.documents.updated, summary.documents.unchanged) == (1, 1, 1)


async def test_a_definition_whose_last_run_is_open_is_not_started_twice(engine: Engine) -> None:
    definition = script_definition(script_step(count=1))
    run_id = await engine.control.launch(definition)

    with pytest.raises(ConflictError, match=f"run {run_id} of this definition has not ended"):
        await engine.control.launch(definition)


async def test_the_concurrency_of_a_step_is_never_exceeded(engine: Engine, worker: ScriptWorker) -> None:
    children = [{"name": f"child {n}", "wait": True} for n in range(6)]
    run_id = await engine.control.launch(script_definition(script_step(children=children, concurrency=2)))
    async with engine.working(run_id):
        for n in range(0, 6, 2):
            await asyncio.gather(
                worker.start_of(f"child {n}").wait(), worker.start_of(f"child {n + 1}").wait()
            )
            progress = await engine.store.progress(run_id + 1)
            assert progress.counts.running == 2
            worker.release(f"child {n}")
            worker.release(f"child {n + 1}")
        async for _ in engine.hub.follow(run_id):
            pass


async def test_the_events_of_a_run_are_numbered_without_gap_and_end_with_its_end(engine: Engine) -> None:
    summary = await run_to_end(
        engine, script_definition(script_step("a", count=3), script_step("b", count=2))
    )

    events = await engine.store.events(summary.job.id)
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert [event.type for event in events].count("job_spawn") == 5
    assert events[-1].type == "job_completed"


async def test_a_run_is_given_back_on_stop_and_finished_later(engine: Engine, worker: ScriptWorker) -> None:
    children = [{"name": "slow", "wait": True}, {"name": "fast"}]
    run_id = await engine.control.launch(script_definition(script_step(children=children)))
    async with engine.working(run_id):
        await worker.start_of("slow").wait()
    page = await engine.store.jobs(JobFilter(root_id=run_id, states=(JobState.RUNNING,), kind=JobKind.CHILD))
    assert page.items == ()

    worker.release("slow")
    summary = await finish(engine, run_id)
    assert summary.job.state is JobState.COMPLETED
    slow = await engine.store.jobs(JobFilter(root_id=run_id, type="scripted"))
    assert {job.attempt for job in slow.items} == {1}


@pytest.mark.parametrize("late", ["found while it waits", "found after it ran"])
async def test_work_found_again_nearer_to_the_start_is_followed_from_there(engine: Engine, late: str) -> None:
    """One claim at a time, so that the order is known: the deep path comes first, the short one later."""
    run_id = await engine.control.launch(script_definition(script_step()))
    store = engine.store
    [parent] = (await store.claim(["script"], 1, 60_000)).jobs
    await store.begin_plan(parent, StepLimits())
    page = ChildJob("scripted", "page", {}, "page", nearest=True)
    await store.add_planned(
        parent, [ChildJob("scripted", "deep", {}), ChildJob("scripted", "short", {})], last=True
    )
    deep, short = (await store.claim(["scripted"], 2, 60_000)).jobs
    middle = ChildJob("scripted", "middle", {})
    await store.settle([Settlement(deep.id, deep.lease_number, End.COMPLETED, children=(middle,))])
    [between] = (await store.claim(["scripted"], 1, 60_000)).jobs
    await store.settle([Settlement(between.id, between.lease_number, End.COMPLETED, children=(page,))])
    if late == "found after it ran":
        [ran] = (await store.claim(["scripted"], 1, 60_000)).jobs
        assert ran.depth == 2
        await store.settle([Settlement(ran.id, ran.lease_number, End.COMPLETED)])
    await store.settle([Settlement(short.id, short.lease_number, End.COMPLETED, children=(page,))])

    [again] = (await store.claim(["scripted"], 5, 60_000)).jobs
    assert (again.name, again.depth) == ("page", 1)
    await store.settle([Settlement(again.id, again.lease_number, End.COMPLETED, children=(page,))])
    await store.fold()
    assert (await store.job(run_id)).state is JobState.COMPLETED


async def test_work_that_failed_is_not_done_again_because_it_is_found_nearer_to_the_start(
    engine: Engine,
) -> None:
    await engine.control.launch(script_definition(script_step()))
    store = engine.store
    [parent] = (await store.claim(["script"], 1, 60_000)).jobs
    await store.begin_plan(parent, StepLimits())
    gone = ChildJob("scripted", "gone", {}, "gone", nearest=True)
    await store.add_planned(
        parent, [ChildJob("scripted", "deep", {}), ChildJob("scripted", "short", {})], last=True
    )
    deep, short = (await store.claim(["scripted"], 2, 60_000)).jobs
    middle = ChildJob("scripted", "middle", {})
    await store.settle([Settlement(deep.id, deep.lease_number, End.COMPLETED, children=(middle,))])
    [between] = (await store.claim(["scripted"], 1, 60_000)).jobs
    await store.settle([Settlement(between.id, between.lease_number, End.COMPLETED, children=(gone,))])
    [failing] = (await store.claim(["scripted"], 1, 60_000)).jobs
    await store.settle([Settlement(failing.id, failing.lease_number, End.FAILED, error_code="http_404")])
    await store.settle([Settlement(short.id, short.lease_number, End.COMPLETED, children=(gone,))])

    assert (await store.claim(["scripted"], 5, 60_000)).jobs == ()
