"""`quaero documents versions`, `diff`, and `show --version`: what a document was before it changed."""

import json

import pytest

from tests.cli.calling import Caller
from tests.cli.small_site import PAGES, SmallSite


@pytest.fixture
def apples(crawled: Caller, site: SmallSite, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a page that changed between two crawls."""
    monkeypatch.setitem(PAGES, "/apples", "<h1>Apples</h1><p>An apple tree bore apples.</p>")
    assert crawled("crawl", site.url, "--json").code == 0
    [item] = crawled("documents", "list", "--url", "/apples", "--json").json["items"]
    return str(item["id"])


def test_the_versions_of_a_document_are_listed(crawled: Caller, apples: str) -> None:
    found = crawled("documents", "versions", apples, "--json").json
    assert (found["total"], found["next_cursor"]) == (2, None)
    now, before = found["items"]
    assert (now["version"], now["replaced_at"], now["replaced_by"]) == (2, None, None)
    assert (before["version"], before["replaced_at"]) == (1, now["at"])
    assert before["replaced_by"] == crawled("jobs", "list", "--root", "--json").json["items"][0]["id"]
    assert "replaced by run" in crawled("documents", "versions", apples).out


def test_a_version_is_printed_as_it_was(crawled: Caller, apples: str) -> None:
    assert "bears apples" in crawled("documents", "show", apples, "--version", "1").out
    whole = crawled("documents", "show", apples, "--version", "1", "--json").json
    assert "bears apples" in whole["markdown"]
    missing = crawled("documents", "show", apples, "--version", "3")
    assert (missing.code, missing.err.count("\n")) == (3, 1)
    assert f"quaero documents versions {apples}" in missing.err


@pytest.mark.parametrize("numbers", [(), ("1",), ("1", "2")])
def test_the_difference_of_two_versions_is_a_patch(
    crawled: Caller, apples: str, numbers: tuple[str, ...]
) -> None:
    lines = crawled("documents", "diff", apples, *numbers).out.splitlines()
    assert lines[:2] == ["--- version 1", "+++ version 2"]
    assert "-An apple tree bears apples." in lines
    assert "+An apple tree bore apples." in lines


def test_what_is_the_same_has_no_difference(crawled: Caller, apples: str) -> None:
    assert crawled("documents", "diff", apples, "2", "2").out == ""
    [pears] = json.loads(crawled("documents", "list", "--url", "/pears", "--json").out)["items"]
    assert crawled("documents", "diff", pears["id"]).out == ""
