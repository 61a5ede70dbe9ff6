"""Scope: hosts first, then patterns; a pattern that is no pattern is named."""

import pytest

from quaero.crawler.scope import ScopeRules
from quaero.models.errors import UsageError
from quaero.search.patterns import pattern_complaint


def rules(*hosts: str, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> ScopeRules:
    return ScopeRules(allowed_hosts=hosts, include_patterns=include, exclude_patterns=exclude)


def test_only_allowed_hosts_are_permitted() -> None:
    scope = rules("example.org")
    assert scope.permits("https://example.org/a")
    assert not scope.permits("https://www.example.org/a")
    assert not scope.permits("https://example.org.evil.example/a")


def test_a_host_without_port_means_the_default_port() -> None:
    scope = rules("example.org")
    assert scope.permits("http://example.org/")
    assert not scope.permits("http://example.org:8080/")


def test_a_host_with_port_means_that_port_alone() -> None:
    scope = rules("127.0.0.1:8080")
    assert scope.permits("http://127.0.0.1:8080/")
    assert not scope.permits("http://127.0.0.1/")


@pytest.mark.parametrize("entry", ["Example.ORG", "example.org:443", "example.org:80"])
def test_hosts_may_be_written_in_any_spelling(entry: str) -> None:
    assert rules(entry).permits("https://example.org/")


def test_without_hosts_nothing_is_permitted() -> None:
    assert not rules().permits("https://example.org/")


def test_patterns_are_searched_anywhere_in_the_url() -> None:
    scope = rules("example.org", include=("/docs/", r"\.html$"))
    assert scope.permits("https://example.org/docs/a")
    assert scope.permits("https://example.org/a.html")
    assert not scope.permits("https://example.org/a.txt")


def test_exclude_wins_over_include() -> None:
    scope = rules("example.org", include=("/docs/",), exclude=("/docs/old",))
    assert scope.permits("https://example.org/docs/new")
    assert not scope.permits("https://example.org/docs/old/a")


def test_a_pattern_takes_linear_time_on_any_url() -> None:
    scope = rules("example.org", exclude=("(a+)+$",))
    assert scope.permits("https://example.org/" + "a" * 5_000 + "!")


def test_an_invalid_pattern_is_named() -> None:
    with pytest.raises(UsageError, match=r"a\(\?=b\)"):
        rules("example.org", exclude=("a(?=b)",)).permits("https://example.org/")


@pytest.mark.parametrize("entry", ["https://example.org", "example.org/docs", "", "a b"])
def test_an_entry_that_is_no_host_is_refused(entry: str) -> None:
    with pytest.raises(UsageError, match="not a host"):
        rules(entry).permits("https://example.org/")


def test_a_complaint_says_what_is_wrong_with_a_pattern() -> None:
    assert pattern_complaint(r"/docs/\d+") is None
    assert "unclosed" in str(pattern_complaint("(a")) or "missing" in str(pattern_complaint("(a"))
