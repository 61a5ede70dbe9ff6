"""What the pages of runs ask: where the steps stand, what a job went through, what happened when, what was stored."""

from quaero.models.job import ChildJob
from quaero.models.outcome import End
from quaero.store.job_reads import Span
from quaero.store.store import Store
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.store.tree import UNLIMITED, claim, launch, plan, settlement

MINUTE = 60_000


async def test_the_steps_of_runs_come_in_order_with_where_they_stand(store: Store) -> None:
    first, parent = await launch(store, script_definition(script_step("one"), script_step("two")))
    await plan(store, parent, "a", "b", "c")
    [job, *_] = await claim(store, limit=1)
    await store.settle([settlement(job, stores="a")])
    second, _ = await launch(store)

    steps = await store.steps([first, second, 999])

    assert {run: [step.job.name for step in found] for run, found in steps.items()} == {
        first: ["one", "two"],
        second: ["step"],
    }
    one, two = steps[first]
    assert one.progress == await store.progress(one.job.id)
    assert one.job == await store.job(one.job.id)
    assert (one.progress.counts.completed, one.progress.documents.created) == (1, 1)
    assert two.progress.counts.total == 0


async def test_a_step_that_runs_tells_when_its_newest_child_was_found(
    store: Store, clock: SettableClock
) -> None:
    run, parent = await launch(store)
    await plan(store, parent, "a")
    clock.advance(MINUTE)
    [job] = await claim(store)
    await store.settle([settlement(job, spawns=["b"])])

    [step] = (await store.steps([run]))[run]
    assert step.last_child_at == clock.now_ms()

    [last] = await claim(store)
    await store.settle([settlement(last)])
    await store.fold()
    [ended] = (await store.steps([run]))[run]
    assert ended.job.state.final
    assert ended.last_child_at is None


async def test_the_history_of_a_job_is_its_own_and_in_order(store: Store) -> None:
    _, parent = await launch(store)
    await plan(store, parent, "a", "b")
    first, second = await claim(store)
    await store.settle([settlement(first, End.FAILED), settlement(second, stores="b")])

    history = await store.history(first.id)

    assert [event.type for event in history] == ["job_spawn", "job_status_change", "job_status_change"]
    assert {event.job_id for event in history} == {first.id}
    assert [event.data["after"] for event in history[1:]] == ["running", "failed"]
    assert [event.number for event in await store.history(first.id, limit=1)] == [history[-1].number]
    assert await store.history(999) == ()


async def test_the_timeline_counts_what_began_and_ended_in_each_span(
    store: Store, clock: SettableClock
) -> None:
    since = clock.now_ms()
    run, parent = await launch(store)
    await plan(store, parent, "a", "b", "c", "d")
    first = await claim(store, limit=2)
    clock.advance(MINUTE)
    await store.settle([settlement(first[0]), settlement(first[1], End.FAILED)])
    second = await claim(store, limit=1)
    clock.advance(MINUTE)
    await store.settle([settlement(second[0])])

    found = await store.timeline(run, since=since, span=MINUTE)

    assert set(found) == {
        Span(parent.id, 0, "started", 2),
        Span(parent.id, 1, "started", 1),
        Span(parent.id, 1, "completed", 1),
        Span(parent.id, 1, "failed", 1),
        Span(parent.id, 2, "completed", 1),
    }


async def test_children_are_counted_by_host_depth_and_state(store: Store) -> None:
    _, parent = await launch(store)
    await store.begin_plan(parent, UNLIMITED)
    hosts = ("one.example", "one.example", "two.example", None)
    children = [ChildJob("scripted", str(number), {}, host=host) for number, host in enumerate(hosts)]
    await store.add_planned(parent, children, last=True)
    [first, *_] = await claim(store, limit=1)
    await store.settle([settlement(first, spawns=["deeper"])])

    groups = await store.groups(parent.id)

    assert {(each.host, each.depth, str(each.state)): each.count for each in groups} == {
        ("", 0, "pending"): 1,
        ("", 1, "pending"): 1,
        ("one.example", 0, "completed"): 1,
        ("one.example", 0, "pending"): 1,
        ("two.example", 0, "pending"): 1,
    }
    assert await store.groups(999) == ()


async def test_a_document_is_told_of_the_run_that_saw_it_last(store: Store, clock: SettableClock) -> None:
    runs, jobs = [], []
    for _ in range(2):
        run, parent = await launch(store)
        await plan(store, parent, "a")
        [job] = await claim(store)
        await store.settle([settlement(job, stores="a")])
        runs.append(run)
        jobs.append(job.id)
        clock.advance(MINUTE)
        if len(runs) == 1:
            assert (await store.saved_by(run, [job.id]))[job.id].fate == "stored"

    assert await store.saved_by(runs[0], jobs) == {}
    assert (await store.saved_by(runs[1], jobs))[jobs[1]].fate == "unchanged"
    assert await store.saved_by(runs[1], []) == {}
