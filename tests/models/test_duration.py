"""Durations: what people write and what the program keeps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.models.duration import MAX_DURATION_MS, DurationError, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("250ms", 250),
        ("30s", 30_000),
        ("10m", 600_000),
        ("1h30m", 5_400_000),
        ("2d", 172_800_000),
        ("1d2h3m4s5ms", 93_784_005),
        ("0s", 0),
        (" 90m ", 5_400_000),
        ("36500d", MAX_DURATION_MS),
    ],
)
def test_a_text_is_read_as_milliseconds(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "the duration is empty"),
        ("  ", "the duration is empty"),
        ("30", 'the duration "30" has no unit. Write "30s"'),
        ("ten minutes", '"ten minutes" is not a duration'),
        ("1.5h", '"1.5h" is not a duration'),
        ("-5s", '"-5s" is not a duration'),
        ("5s5s", "a unit comes twice"),
        ("5s1h", "a smaller one first"),
        ("٣s", "is not a duration"),
        ("36501d", "longer than 36500 days"),
        ("9" * 5000 + "s", "is not a duration"),
        ("1m\n2s", "is not a duration"),
    ],
)
def test_a_text_that_is_no_duration_is_refused_with_the_reason(text: str, complaint: str) -> None:
    with pytest.raises(DurationError) as caught:
        parse_duration(text)
    assert complaint in caught.value.line()
    assert len(caught.value.line()) < 200


def test_a_refusal_shows_how_to_write_it() -> None:
    with pytest.raises(DurationError, match="1h30m"):
        parse_duration("soon")


@given(st.integers(0, MAX_DURATION_MS))
def test_what_is_written_reads_back_equal(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds)) == milliseconds


@pytest.mark.parametrize(("milliseconds", "text"), [(0, "0s"), (1_500, "1s500ms"), (5_400_000, "1h30m")])
def test_a_duration_is_written_short(milliseconds: int, text: str) -> None:
    assert format_duration(milliseconds) == text


def test_a_negative_duration_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="negative"):
        format_duration(-1)


@given(st.text())
def test_no_text_raises_anything_but_the_one_error(text: str) -> None:
    try:
        milliseconds = parse_duration(text)
    except DurationError:
        return
    assert 0 <= milliseconds <= MAX_DURATION_MS
