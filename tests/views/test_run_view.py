"""How much of a run is done, said honestly."""

from hypothesis import given
from hypothesis import strategies as st

from quaero.models.job import Job, JobKind, JobState
from quaero.models.progress import DocumentCounts, Progress, estimate_seconds
from quaero.store.job_reads import Step
from quaero.store.reads import ParentProgress
from quaero.views.run_view import STEADY_MS, Count, run_view, step_view

NOW = 1_000_000


def run(state: JobState = JobState.RUNNING) -> Job:
    return Job(1, 1, None, JobKind.RUN, "d", "run", state, {}, started_at=NOW - 10_000)


def step(
    counts: Progress,
    state: JobState = JobState.RUNNING,
    *,
    closed: bool = True,
    last: int | None = NOW - STEADY_MS,
    rate: float | None = 2.0,
) -> Step:
    estimate = estimate_seconds(counts, rate, plan_closed=closed)
    progress = ParentProgress(counts, DocumentCounts(), closed, 0, None, rate, estimate)
    finished = NOW if state.final else None
    job = Job(2, 1, 1, JobKind.PARENT, "crawl", "s", state, {}, started_at=NOW - 10_000, finished_at=finished)
    return Step(job, progress, last)


HALF = Progress(total=4, pending=1, running=1, completed=1, failed=1)


def test_a_planned_step_that_finds_nothing_more_tells_how_much_there_is() -> None:
    view = step_view(step(HALF), run(), NOW)
    assert (view.count.text, view.left, view.rate) == ("2 of 4", "about 1.0 s left", 2.0)


def test_a_step_that_is_still_planned_or_still_finds_jobs_does_not() -> None:
    for unknown in (step(HALF, closed=False), step(HALF, last=NOW - STEADY_MS + 1)):
        assert step_view(unknown, run(), NOW).count.text == "2 of 4 known so far"
    assert step_view(step(HALF, closed=False), run(), NOW).left == ""
    assert step_view(step(HALF, last=NOW), run(), NOW).left == "about 1.0 s for those known now"


def test_a_run_knows_how_much_there_is_when_every_step_does() -> None:
    waiting = step(Progress(), JobState.WAITING, closed=False, last=None)
    assert not run_view(run(), [step(HALF), waiting], None, NOW).count.known
    assert run_view(run(), [step(HALF), step(HALF)], None, NOW).count.text == "4 of 8"
    ended = Progress(total=2, completed=2)
    assert run_view(run(JobState.FAILED), [step(ended, JobState.COMPLETED), waiting], None, NOW).count.known


def test_a_paused_run_holds_its_steps_as_soon_as_nothing_runs() -> None:
    held = Progress(total=4, pending=3, completed=1)
    view = step_view(step(held), run(JobState.PAUSED), NOW)
    assert (view.state, view.rate, view.left) == (JobState.PAUSED, 0.0, "")
    assert step_view(step(HALF), run(JobState.PAUSED), NOW).state is JobState.RUNNING


def test_a_step_that_has_ended_tells_its_average_speed() -> None:
    ended = step(Progress(total=5, completed=5), JobState.COMPLETED, rate=99.0)
    assert step_view(ended, run(), NOW).rate == 0.5


@given(st.lists(st.integers(0, 1_000), min_size=5, max_size=5), st.booleans())
def test_a_bar_is_full_only_when_all_is_over(numbers: list[int], over: bool) -> None:
    pending, running, completed, failed, cancelled = numbers if not over else [0, 0, *numbers[2:]]
    counts = (
        Progress(sum((pending, running, completed, failed, cancelled)), *numbers)
        if not over
        else Progress(completed + failed + cancelled, 0, 0, completed, failed, cancelled)
    )
    shares = Count(counts, known=True, over=over).shares
    whole = sum(share for _, share in shares)
    assert all(share > 0 for _, share in shares)
    if over:
        assert round(whole, 6) == (100 if counts.total else 0)
    else:
        assert whole <= 100 + 1e-9
        assert sum(share for state, share in shares if state != "running") < 100
