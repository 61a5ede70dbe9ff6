"""Errors as people and programs see them: one line, a stable code, an exit code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.models import errors
from quaero.models.errors import FetchError, JobFailure, QuaeroError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, QuaeroError)]


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ({}, "it broke"),
        ({"where": "a.toml"}, "a.toml: it broke"),
        ({"remedy": "Mend it"}, "it broke. Mend it"),
        ({"where": "a.toml", "remedy": "Mend it"}, "a.toml: it broke. Mend it"),
    ],
)
def test_a_line_says_where_what_and_what_to_do(parts: dict[str, str], line: str) -> None:
    error = QuaeroError("it broke", **parts)
    assert error.line() == line
    assert str(error) == line


@given(st.text(), st.text(), st.text())
def test_it_is_always_one_line(what: str, where: str, remedy: str) -> None:
    line = QuaeroError(what, where=where, remedy=remedy).line()
    assert len(line.splitlines()) <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_code_for_programs_and_an_exit_code(kind: type[QuaeroError]) -> None:
    assert kind.code == kind.code.lower().replace(" ", "_")
    assert kind.exit_code in (1, 2, 3, 4, 124)


def test_codes_are_not_used_twice() -> None:
    codes = [kind.code for kind in KINDS]
    assert sorted(codes) == sorted(set(codes))


def test_a_failure_has_the_code_of_its_kind_unless_it_has_its_own() -> None:
    assert FetchError("no answer").code == "fetch_failed"
    assert FetchError("not found", code="http_404").code == "http_404"
    assert JobFailure("it broke").code == "job_failed"


def test_a_failure_is_final_unless_it_says_otherwise() -> None:
    failure = JobFailure("it broke")
    assert (failure.retryable, failure.retry_after) == (False, None)
