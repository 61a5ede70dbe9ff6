"""Progress: counts that add up, and the one rule by which a parent ends."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from quaero.models.definition import ErrorTolerance, FailureAction, Percent
from quaero.models.job import JobState
from quaero.models.progress import (
    DocumentCounts,
    EndRule,
    Progress,
    conclude,
    crossed,
    estimate_seconds,
    smoothed_rate,
)

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


@settings(suppress_health_check=[HealthCheck.filter_too_much])
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


@given(progresses(ended=True), LIMITS, st.sampled_from(["continue", "mark_warning"]))
def test_only_stop_all_makes_a_crossed_tolerance_a_failure(
    progress: Progress, limit: int | Percent, action: FailureAction
) -> None:
    assume(progress.completed)
    assert conclude(progress, EndRule.of(ErrorTolerance(limit, action))) is conclude(progress, NO_RULE)


@pytest.mark.parametrize(
    ("limit", "total", "crossed_at"),
    [
        (10, 50, 10),
        (Percent(5), 100, 5),
        (Percent(5), 101, 6),
        (Percent(5), 1, 1),
        (Percent(100), 7, 7),
    ],
)
def test_a_tolerance_is_crossed_at_its_count_or_share(
    limit: int | Percent, total: int, crossed_at: int
) -> None:
    rule = EndRule.of(ErrorTolerance(limit))
    reached = [
        failed for failed in range(total + 1) if crossed(Progress(total, 0, 0, total - failed, failed), rule)
    ]
    assert reached[0] == crossed_at
    assert reached == list(range(crossed_at, total + 1))


def test_a_share_is_not_judged_before_all_children_are_planned() -> None:
    one_of_two_failed, rule = Progress(2, 0, 0, 1, 1), EndRule.of(ErrorTolerance(Percent(5)))
    assert not crossed(one_of_two_failed, rule, plan_closed=False)
    assert crossed(one_of_two_failed, rule, plan_closed=True)


@given(st.none() | st.floats(0, 1e6), st.integers(0, 10**6), st.integers(1, 10**7))
def test_a_rate_stays_between_what_it_was_and_what_it_is_lately(
    before: float | None, ended: int, elapsed_ms: int
) -> None:
    rate, lately = smoothed_rate(before, ended, elapsed_ms), ended * 1_000 / elapsed_ms
    assert rate is not None
    low, high = sorted((lately if before is None else before, lately))
    assert low - 1e-6 <= rate <= high + 1e-6


def test_how_long_it_takes_is_told_only_when_it_can_be_known() -> None:
    half_done = Progress(100, 40, 10, 50)
    assert estimate_seconds(half_done, 5.0, plan_closed=True) == 10.0
    assert estimate_seconds(half_done, 5.0, plan_closed=False) is None
    assert estimate_seconds(half_done, None, plan_closed=True) is None
    assert estimate_seconds(half_done, 0.0, plan_closed=True) is None


@given(COUNT, COUNT, COUNT)
def test_the_documents_of_a_step_are_all_that_it_saw(created: int, updated: int, unchanged: int) -> None:
    assert DocumentCounts(created, updated, unchanged).total == created + updated + unchanged


def test_the_line_for_people_is_in_the_promised_words() -> None:
    progress = Progress(total=108, pending=66, running=1, completed=41)
    assert progress.text == "66 pending, 1 running, 41 completed, 0 failed"
