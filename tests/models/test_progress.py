"""Progress: counts that add up, and the one rule by which a parent ends."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quaero.models.definition import ErrorTolerance, Percent
from quaero.models.job import JobState
from quaero.models.progress import DocumentCounts, EndRule, Progress, conclude, crossed, end_rule

COUNT = st.integers(0, 50)
NO_RULE = EndRule()


@st.composite
def progresses(draw: st.DrawFn, *, ended: bool = False) -> Progress:
    """Counts of some children; `ended`: none of them is open."""
    opened = (0, 0) if ended else (draw(COUNT), draw(COUNT))
    closed = draw(st.tuples(COUNT, COUNT, COUNT, COUNT))
    return Progress(sum(opened) + sum(closed), *opened, *closed)


LIMITS = st.integers(0, 60) | st.builds(Percent, st.integers(1, 100))
RULES = st.builds(EndRule, st.none() | st.integers(1, 60))


@given(progresses())
def test_counts_that_add_up_are_conserved(progress: Progress) -> None:
    assert progress.conserved
    assert progress.open == progress.pending + progress.running


@given(progresses(), st.integers(-3, 3).filter(bool))
def test_a_child_too_many_or_too_few_is_noticed(progress: Progress, error: int) -> None:
    assert not Progress(
        progress.total + error,
        progress.pending,
        progress.running,
        progress.completed,
        progress.failed,
        progress.cancelled,
        progress.skipped,
    ).conserved


def test_a_negative_count_is_noticed() -> None:
    assert not Progress(total=1, running=-1, completed=2).conserved


@given(progresses(ended=True), RULES)
def test_a_parent_ends_as_completed_failed_or_cancelled(progress: Progress, rule: EndRule) -> None:
    assert conclude(progress, rule) in (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED)


@given(progresses(), RULES)
def test_a_parent_with_open_children_does_not_end(progress: Progress, rule: EndRule) -> None:
    assume(progress.open)
    with pytest.raises(ValueError, match="open children"):
        conclude(progress, rule)


@pytest.mark.parametrize(
    ("progress", "state"),
    [
        (Progress(), JobState.COMPLETED),
        (Progress(total=2, completed=2), JobState.COMPLETED),
        (Progress(total=2, completed=1, failed=1), JobState.COMPLETED),
        (Progress(total=2, completed=1, cancelled=1), JobState.COMPLETED),
        (Progress(total=2, failed=2), JobState.FAILED),
        (Progress(total=2, failed=1, cancelled=1), JobState.FAILED),
        (Progress(total=2, cancelled=2), JobState.CANCELLED),
        (Progress(total=2, skipped=2), JobState.COMPLETED),
    ],
)
def test_without_a_tolerance_a_parent_fails_only_if_nothing_succeeded(
    progress: Progress, state: JobState
) -> None:
    assert conclude(progress) is state


@given(progresses(ended=True), RULES)
def test_one_more_failure_never_saves_a_parent(progress: Progress, rule: EndRule) -> None:
    assume(conclude(progress, rule) is JobState.FAILED)
    worse = Progress(
        progress.total + 1,
        0,
        0,
        progress.completed,
        progress.failed + 1,
        progress.cancelled,
        progress.skipped,
    )
    assert conclude(worse, rule) is JobState.FAILED


@given(progresses(ended=True), st.integers(1, 60))
def test_a_parent_fails_at_the_failure_that_reaches_the_limit(progress: Progress, limit: int) -> None:
    assume(progress.completed)
    failed = conclude(progress, EndRule(limit)) is JobState.FAILED
    assert failed == (progress.failed >= limit) == crossed(progress, EndRule(limit))


@given(progresses())
def test_nothing_is_crossed_without_a_limit(progress: Progress) -> None:
    assert not crossed(progress, NO_RULE)


@given(LIMITS, st.sampled_from(["continue", "mark_warning"]), st.integers(0, 1000))
def test_only_stop_all_stops(limit: int | Percent, action: str, total: int) -> None:
    tolerance = ErrorTolerance(limit, action)  # type: ignore[arg-type]
    assert end_rule(tolerance, total) == NO_RULE


@given(st.integers(1, 100), st.integers(1, 1000))
def test_a_share_is_crossed_exactly_when_it_is_reached(percent: int, total: int) -> None:
    limit = end_rule(ErrorTolerance(Percent(percent)), total).max_failures
    assert limit is not None
    assert 1 <= limit <= total
    assert limit * 100 >= percent * total
    assert limit == 1 or (limit - 1) * 100 < percent * total


@given(COUNT, COUNT, COUNT)
def test_the_documents_of_a_step_are_all_that_it_saw(created: int, updated: int, unchanged: int) -> None:
    assert DocumentCounts(created, updated, unchanged).total == created + updated + unchanged


def test_the_line_for_people_is_in_the_promised_words() -> None:
    progress = Progress(total=108, pending=66, running=1, completed=41)
    assert progress.text == "66 pending, 1 running, 41 completed, 0 failed"
