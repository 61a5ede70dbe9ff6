"""The one syntax in which people say which jobs they mean."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.models.errors import UsageError
from quaero.models.job import JobKind, JobState
from quaero.store.reads import JobFilter
from quaero.views.job_query import KEYS, LARGEST_ID, InvalidFilter, Key, both, job_query_of, parse_job_query

NOW = 1_800_000_000_000
HOUR, DAY = 3_600_000, 86_400_000
YEAR_9999 = 253_402_300_799_999

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
ids = st.integers(1, LARGEST_ID)
times = st.integers(0, YEAR_9999)
filters = st.builds(
    JobFilter,
    **{name: st.none() | ids for name in ("root_id", "parent_id", "up_to")},
    **{
        name: st.none() | texts
        for name in ("type", "definition_id", "host", "name_part", "error_part", "error_code")
    },
    **{
        name: st.none() | times
        for name in ("created_before", "created_after", "finished_before", "finished_after")
    },
    kind=st.none() | st.sampled_from(JobKind),
    states=st.none() | st.lists(st.sampled_from(JobState), min_size=1, unique=True).map(tuple),
)

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.lists(
    st.sampled_from(['"', "\\", " ", ":", "<", "1d", "name", "age", "state", "failed", ","])
).map("".join)


@given(filters)
def test_every_filter_has_a_text_that_says_the_same(wanted: JobFilter) -> None:
    assert parse_job_query(job_query_of(wanted)) == wanted


@given(any_text)
def test_any_text_is_a_filter_or_is_answered_with_what_is_wrong(text: str) -> None:
    try:
        wanted = parse_job_query(text, NOW)
    except InvalidFilter as error:
        said = error.line()
    else:
        said = job_query_of(wanted)
        assert parse_job_query(said) == wanted
    assert said or not text.strip()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", JobFilter()),
        ("   ", JobFilter()),
        ("state:failed", JobFilter(states=(JobState.FAILED,))),
        ("STATE:Failed,cancelled", JobFilter(states=(JobState.FAILED, JobState.CANCELLED))),
        ("run:12 parent:13", JobFilter(root_id=12, parent_id=13)),
        ("kind:run definition:docs", JobFilter(kind=JobKind.RUN, definition_id="docs")),
        ("type:crawler_url host:example.org:8080", JobFilter(type="crawler_url", host="example.org:8080")),
        ('error:"timed out" code:http_404', JobFilter(error_part="timed out", error_code="http_404")),
        ("getting started", JobFilter(name_part="getting started")),
        ('name:"getting  started"', JobFilter(name_part="getting  started")),
        ('"kind:run"', JobFilter(name_part="kind:run")),
        (r'"a \"b\" \\ c"', JobFilter(name_part=r'a "b" \ c')),
        (
            "https://example.org/a:b state:failed",
            JobFilter(name_part="https://example.org/a:b", states=(JobState.FAILED,)),
        ),
        ('a"b', JobFilter(name_part='a"b')),
        ("age:<1d", JobFilter(created_after=NOW - DAY)),
        ("age:>2h30m", JobFilter(created_before=NOW - 2 * HOUR - HOUR // 2)),
        ("age:<1d age:>2h", JobFilter(created_after=NOW - DAY, created_before=NOW - 2 * HOUR)),
        ("finished:<1h", JobFilter(finished_after=NOW - HOUR)),
        ("created:<2027-01-15T08:00:00Z", JobFilter(created_before=NOW)),
        ("created:>2027-01-15T09:00+01:00", JobFilter(created_after=NOW)),
    ],
)
def test_a_filter_says(text: str, wanted: JobFilter) -> None:
    assert parse_job_query(text, NOW) == wanted


def test_a_time_without_a_zone_is_one_of_this_machine() -> None:
    local = datetime.fromtimestamp(NOW / 1000, UTC).astimezone().replace(tzinfo=None)
    assert parse_job_query(f"created:>{local.isoformat()}") == JobFilter(created_after=NOW)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("stat:failed", 'filter: stat: unknown key; did you mean "state"? Example: state:failed,cancelled'),
        ("state:faild", 'did you mean "failed"?'),
        ("state:failed,", 'filter: state: "" is none of waiting, pending'),
        ("kind:step", 'filter: kind: "step" is none of run, parent, child. Example: kind:run'),
        ("xyz:1", "unknown key; known are state, kind, type"),
        ("run:abc", 'filter: run: "abc" is not the id of a job. Example: run:12'),
        ("run:0", "is not the id of a job"),
        ("run:9223372036854775808", "is not the id of a job"),
        ("run:١٢", "is not the id of a job"),
        ("run:", "filter: run: says nothing. Example: run:12"),
        ('name:""', "says nothing"),
        ("age:1d", 'filter: age: begins with "<" or ">". Example: age:<1d'),
        ("age:<2030-01-31", 'filter: age: "2030-01-31" is not an age like "2h" or "1d". Example: age:<1d'),
        ("finished:<soon", 'or a time like 2030-01-31T03:00'),
        ('error:"open', "a text in quotes ends with a quote"),
        ('"a"b', "a text in quotes ends with a quote"),
        ("state:failed state:cancelled", "is said twice; put commas between states"),
        ("run:1 run:2", "is said twice"),
        ("age:<1d created:<1d", "is said twice"),
        ('""', "says nothing"),
        ("name:a b", "is looked for in the name, too"),
        ("a\0b", "cannot hold the character NUL"),
        ("x" * 2_001, "a filter has at most 2,000 characters"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_what_to_write(text: str, line: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse_job_query(text, NOW)
    assert line in caught.value.line()


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse_job_query("stat:failed run:x kind:runs")
    assert [each.key for each in caught.value.complaints] == ["stat", "run", "kind"]


@pytest.mark.parametrize("key", KEYS.values(), ids=list(KEYS))
def test_the_example_of_every_key_is_a_filter(key: Key) -> None:
    assert parse_job_query(key.example) != JobFilter()


def test_two_filters_hold_together_unless_they_say_different_things() -> None:
    one = JobFilter(root_id=1, states=(JobState.FAILED,))
    assert both(one, JobFilter(kind=JobKind.CHILD)) == JobFilter(
        root_id=1, states=(JobState.FAILED,), kind=JobKind.CHILD
    )
    assert both(one, one) == one
    with pytest.raises(UsageError, match="different things of the run"):
        both(one, JobFilter(root_id=2))
