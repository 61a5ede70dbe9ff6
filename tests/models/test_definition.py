"""Definitions as values: the retry and tolerance rules, and lossless writing."""

import json
import subprocess
import sys
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.models.definition import (
    Complaint,
    ErrorTolerance,
    JobDefinition,
    JobStep,
    Percent,
    RetryPolicy,
)
from quaero.models.duration import parse_duration
from quaero.models.toml_writer import ConfigValue, toml_pairs, toml_table

MINUTE = 60_000


@given(
    policy=st.builds(RetryPolicy, st.just(3), st.integers(0, MINUTE), st.integers(MINUTE, 60 * MINUTE)),
    attempt=st.integers(1, 10**9),
    jitter=st.floats(0, 1, exclude_max=True),
)
def test_a_wait_is_never_shorter_than_promised_nor_longer_than_its_limit(
    policy: RetryPolicy, attempt: int, jitter: float
) -> None:
    promised = min(policy.backoff_ms * 2 ** min(attempt - 1, 40), policy.max_backoff_ms)
    assert promised <= policy.delay_ms(attempt, jitter) <= policy.max_backoff_ms


def test_waits_double_until_the_limit() -> None:
    policy = RetryPolicy(backoff_ms=2_000, max_backoff_ms=10_000)
    assert [policy.delay_ms(attempt, 0.0) for attempt in (1, 2, 3, 4, 5)] == [
        2_000,
        4_000,
        8_000,
        10_000,
        10_000,
    ]


def test_jitter_adds_up_to_half() -> None:
    assert RetryPolicy(backoff_ms=2_000).delay_ms(1, 0.5) == 2_500


@pytest.mark.parametrize("text", ["", "5", "0%", "101%", "5.5%", "-5%", "%", "999999%"])
def test_a_share_is_a_whole_percentage_from_1_to_100(text: str) -> None:
    with pytest.raises(ValueError, match=r"%|percentage"):
        Percent.parse(text)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
scalars = st.one_of(
    texts, st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), st.booleans()
)
values: st.SearchStrategy[ConfigValue] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
configs = st.dictionaries(texts, values, max_size=4)
steps = st.builds(
    JobStep,
    name=texts,
    action=texts,
    config=configs,
    on_error=st.sampled_from(["fail", "continue", "retry"]),
    retry=st.builds(RetryPolicy, st.integers(1, 9), st.integers(0, 9_999), st.integers(10_000, 10**8)),
    depends=st.lists(texts, max_size=2).map(tuple),
    condition=st.sampled_from(["", "always", "on_failure"]),
    timeout_ms=st.none() | st.integers(1, 10**9),
    child_timeout_ms=st.none() | st.integers(1, 10**9),
)
tolerances = st.builds(
    ErrorTolerance,
    st.integers(0, 99) | st.builds(Percent, st.integers(1, 100)),
    st.sampled_from(["stop_all", "continue", "mark_warning"]),
)
definitions = st.builds(
    JobDefinition,
    id=texts,
    name=texts,
    steps=st.lists(steps, max_size=3).map(tuple),
    description=texts,
    tags=st.lists(texts, max_size=2).map(tuple),
    schedule=st.none() | texts,
    timeout_ms=st.none() | st.integers(1, 10**9),
    enabled=st.booleans(),
    pre_jobs=st.lists(texts, max_size=2).map(tuple),
    error_tolerance=tolerances,
    job_type=st.sampled_from(["user", "system"]),
)


@given(definitions)
def test_the_json_form_loses_nothing(definition: JobDefinition) -> None:
    assert JobDefinition.from_json(json.loads(json.dumps(definition.to_json()))) == definition


@given(definitions)
def test_the_toml_form_is_always_valid_toml(definition: JobDefinition) -> None:
    written = tomllib.loads(definition.to_toml())
    assert written["id"] == definition.id
    assert [step["name"] for step in written.get("steps", [])] == [step.name for step in definition.steps]
    assert [step.get("config", {}) for step in written.get("steps", [])] == [
        step.config for step in definition.steps
    ]
    times = [(step.timeout_ms, step.child_timeout_ms) for step in definition.steps]
    assert times == [
        (_milliseconds(step, "timeout"), _milliseconds(step, "child_timeout"))
        for step in written.get("steps", [])
    ]


def _milliseconds(table: dict[str, str], key: str) -> int | None:
    return parse_duration(table[key]) if key in table else None


@given(configs)
def test_written_values_read_back_equal(config: dict[str, ConfigValue]) -> None:
    assert tomllib.loads(toml_pairs(config)) == config
    assert tomllib.loads(toml_table("a.b", config)) == {"a": {"b": config}}


def test_keys_with_their_default_are_not_written() -> None:
    definition = JobDefinition(
        "docs", "Docs", (JobStep("a", "crawl"), JobStep("b", "reindex", depends=("a",)))
    )
    assert definition.to_toml() == (
        'id = "docs"\nname = "Docs"\n'
        '\n[[steps]]\nname = "a"\naction = "crawl"\n'
        '\n[[steps]]\nname = "b"\naction = "reindex"\n'
    )


def test_a_step_beside_the_one_before_it_is_written_so() -> None:
    definition = JobDefinition("docs", "Docs", (JobStep("a", "crawl"), JobStep("b", "crawl")))
    assert 'name = "b"\naction = "crawl"\ndepends = []\n' in definition.to_toml()


def test_a_complaint_is_one_line_with_place_problem_and_remedy() -> None:
    complaint = Complaint(
        "docs.toml", 12, "steps[0].config.max_dept", "unknown key", "max_depth", "max_depth = 2"
    )
    assert complaint.line_text() == (
        'docs.toml:12: steps[0].config.max_dept: unknown key; did you mean "max_depth"? Example: max_depth = 2'
    )


def test_a_complaint_about_a_whole_file_has_no_line_and_no_key() -> None:
    assert Complaint("docs.toml", None, "", "too long").line_text() == "docs.toml: too long"


def test_a_complaint_never_sends_control_characters_to_a_terminal() -> None:
    text = Complaint("a.toml", 1, "k", "got \x1b[2J\x9b1m\nx").line_text()
    assert text == "a.toml:1: k: got \\x1b[2J\\x9b1m x"


def test_the_values_are_imported_without_pydantic() -> None:
    program = "import sys, quaero.models.definition; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
