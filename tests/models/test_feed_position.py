"""How far a reader of events is, as a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.models.feed_position import MOST_NAMED, NOWHERE, FeedPosition, RunNews, parse_position

IDS = st.integers(0, 10**18 - 1)
POSITIONS = st.builds(FeedPosition, st.none() | IDS, st.dictionaries(IDS, IDS, min_size=1, max_size=5))


@given(POSITIONS)
def test_what_is_written_is_read_back(position: FeedPosition) -> None:
    assert parse_position(position.text) == position


def test_it_looks_as_documented() -> None:
    assert FeedPosition(None, {12: 340, 15: 77}).text == "12.340-15.77"
    assert FeedPosition(900, {12: 340}).text == "900~12.340"
    assert parse_position("900~") == FeedPosition(900, {})


@given(st.text(max_size=20))
def test_any_other_text_is_none(text: str) -> None:
    position = parse_position(text)
    assert position is None or parse_position(position.text) == position


@pytest.mark.parametrize(
    "text",
    ["", "~", "12", "12.", ".5", "12.5-", "-12.5", "12.5--13.1", "12.-5", "1~2~3.4", "12.5 ", "12.5\n", "x", "1e3.5",
     "٣.٤", "1" * 19 + ".5", "1.1-" * 100_000 + "1.1"],
)  # fmt: skip
def test_a_malformed_position_is_none(text: str) -> None:
    assert parse_position(text) is None


def test_to_a_position_of_too_many_runs_nobody_can_return() -> None:
    named = dict.fromkeys(range(1, MOST_NAMED + 2), 1)
    assert FeedPosition(7, named).text == NOWHERE
    text = "-".join(f"{run_id}.1" for run_id in named)
    assert parse_position(text) is None
    assert parse_position(text.removesuffix(f"-{MOST_NAMED + 1}.1")) is not None


@pytest.mark.parametrize(
    ("run_id", "final", "reopened", "reached"),
    [
        (12, False, 0, 5),  # named
        (30, False, 0, 0),  # it did not exist
        (7, True, 0, 9),  # it had ended
        (7, False, 1, 4),  # it had ended, and was reopened since
        (7, True, 2, 4),  # and has ended again
        (7, False, 0, 0),  # it was not to be seen yet
    ],
)
def test_a_run_that_is_not_named_is_judged_by_what_it_is_now(
    run_id: int, final: bool, reopened: int, reached: int
) -> None:
    run = RunNews(run_id, 9, 0, final, reopened, 0)
    assert FeedPosition(20, {12: 5}).reached(run, lambda: 4) == reached
