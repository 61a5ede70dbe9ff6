"""The moves of a job: which there are, and what every one of them keeps."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.models.errors import ConflictError
from quaero.models.job import FINAL_STATES, MOVES, OPEN_STATES, REOPENINGS, JobState, check_move

STATES = st.sampled_from(list(JobState))
PAIRS = list(itertools.product(JobState, JobState))


def allowed(before: JobState, after: JobState, *, reopening: bool = False) -> bool:
    try:
        check_move(before, after, reopening=reopening)
    except ConflictError:
        return False
    return True


def test_a_state_is_either_open_or_final() -> None:
    assert set(JobState) == FINAL_STATES | OPEN_STATES
    assert not FINAL_STATES & OPEN_STATES
    assert {state for state in JobState if state.final} == FINAL_STATES


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_only_listed_moves_are_allowed(before: JobState, after: JobState) -> None:
    assert allowed(before, after) == ((before, after) in MOVES)


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_retry_allows_the_listed_reopenings_too(before: JobState, after: JobState) -> None:
    assert allowed(before, after, reopening=True) == ((before, after) in MOVES | REOPENINGS)


def test_a_final_state_is_left_only_by_a_reopening_and_a_reopening_leads_to_an_open_one() -> None:
    assert not [move for move in MOVES if move[0].final]
    assert all(before.final and not after.final for before, after in REOPENINGS)


def test_nothing_moves_to_where_it_is() -> None:
    assert not [move for move in MOVES | REOPENINGS if move[0] is move[1]]


@pytest.mark.parametrize("state", sorted(OPEN_STATES))
def test_every_open_job_can_be_cancelled(state: JobState) -> None:
    assert (state, JobState.CANCELLED) in MOVES


def test_only_a_person_who_asks_again_makes_a_cancelled_job_go_on() -> None:
    assert not [after for before, after in MOVES if before is JobState.CANCELLED]


@pytest.mark.parametrize("state", sorted(OPEN_STATES))
def test_a_final_state_can_be_reached_from_every_open_one(state: JobState) -> None:
    reached = {state}
    while new := {after for before, after in MOVES if before in reached} - reached:
        reached |= new
    assert JobState.COMPLETED in reached


@given(st.lists(STATES, max_size=30))
def test_however_a_job_moves_it_ends_once(wishes: list[JobState]) -> None:
    state, ends = JobState.WAITING, 0
    for wish in wishes:
        if allowed(state, wish):
            state = wish
            ends += state.final
    assert ends == state.final


def test_the_refusal_says_which_move_it_was() -> None:
    with pytest.raises(ConflictError, match="a job that is completed cannot become running"):
        check_move(JobState.COMPLETED, JobState.RUNNING)
