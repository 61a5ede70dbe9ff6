"""Documents of strangers in a real browser: nothing in them runs, and nothing is asked for because of them.

Every request to another host, and everything that the page's own rules had to stop, fails these tests as well.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.web.collection import PageOf, collect, found_by_agent
from tests.web.hostile import SHORT_TEXTS, TEXTS, URLS
from tests.web.serving import Served, served_at

WORD = "findable"
AT_ONCE = 6


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server that executes nothing by itself."""
    with served_at(f"sqlite:///{tmp_path}/web.db", working=False) as served:
        yield served


@pytest.fixture
def hits(context: BrowserContext) -> list[str]:
    """What scripts in documents did."""
    hits: list[str] = []
    context.expose_function("hit", lambda: hits.append("hit"))
    return hits


def assert_as_it_was_made(page: Page) -> None:
    """The page has the elements of its template and of harmless text, and nothing that a document brought."""
    foreign = (
        "script:not([src]), iframe, object, embed, base, main svg, main img, main style, "
        "main form:not(.facet, .search)"
    )
    assert page.locator(foreign).count() == 0
    assert (
        page.locator("main :is([onclick], [onerror], [onload], [onmouseover], [onfocus], [style])").count()
        == 0
    )
    assert (
        page.locator(
            "main a[href^='javascript' i], main a[href^='data' i], main a[href^='vbscript' i]"
        ).count()
        == 0
    )
    assert page.evaluate(
        "document.querySelector('#main') !== null && typeof document.getElementById === 'function'"
    )


def test_text_that_is_hostile_is_only_read(page: Page, served: Served, hits: list[str]) -> None:
    texts = list(TEXTS.values())
    together = ["\n\n".join(texts[start : start + AT_ONCE]) for start in range(0, len(texts), AT_ONCE)]
    pages = [PageOf(f"Text {number}", text) for number, text in enumerate(together)]
    served.call(lambda engine: collect(engine, pages))
    changed = [PageOf(each.title, f"{WORD}\n{each.markdown}") for each in pages]
    served.call(lambda engine: collect(engine, changed))
    for number in range(1, len(pages) + 1):
        page.goto(f"{served.url}/documents/{number}")
        expect(page.get_by_role("article")).to_contain_text(WORD)
        assert_as_it_was_made(page)
        page.goto(f"{served.url}/documents/{number}/versions")
        assert_as_it_was_made(page)
    assert hits == []


def test_titles_tags_addresses_and_findings_that_are_hostile_are_only_read(
    page: Page, served: Served, hits: list[str]
) -> None:
    texts = list(SHORT_TEXTS.values())
    pages = [
        PageOf(text, f"{WORD} {text}", f"https://example.org/{number}?{text}", tags=(text, f"{text} "))
        for number, text in enumerate(texts)
    ]
    pages += [
        PageOf(f"Address {number}", WORD, url, f"source {number}") for number, url in enumerate(URLS) if url
    ]
    served.call(lambda engine: collect(engine, pages))
    for number, text in enumerate(texts[:AT_ONCE], 1):
        value: dict[str, object] = {"keywords": [{"keyword": text}, text], text: f"{text}\n{text}"}
        served.call(partial(found_by_agent, document_id=number, agent=text, value=value))
    for number in [*range(1, len(pages) + 1, 3), AT_ONCE]:
        page.goto(f"{served.url}/documents/{number}")
        assert_as_it_was_made(page)
    for path in ("/documents", f"/search?q={WORD}", f"/search?q={WORD}&cursor=20"):
        page.goto(f"{served.url}{path}")
        assert_as_it_was_made(page)
    assert hits == []


def test_a_search_text_that_is_hostile_is_only_looked_for(
    page: Page, served: Served, hits: list[str]
) -> None:
    served.call(lambda engine: collect(engine, [PageOf("Page", WORD)]))
    page.goto(f"{served.url}/search")
    box = page.get_by_role("searchbox", name="Search the documents")
    for text in list(SHORT_TEXTS.values())[::2]:
        with page.expect_response("**/search?q=**"):
            box.fill(text)
        assert page.locator("#results :is(script, img, svg, iframe, style, form)").count() == 0
    page.goto(
        f"{served.url}/documents?tag=<script>hit()</script>&host=\"><script>hit()</script>&url='onfocus=hit()"
    )
    expect(page.locator(".empty")).to_contain_text("No document matches")
    assert_as_it_was_made(page)
    assert hits == []
