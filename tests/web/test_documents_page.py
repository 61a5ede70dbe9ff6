"""The pages of documents: the list, the reader, versions."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.web.collection import PageOf, collect, found_by_agent
from tests.web.serving import Served, served_at

GUIDE = """\
# Guide

How to *crawl* a site. See [the limits](#limits), [the site](/start) and ![a drawing of it](/drawing.png).

## Install

```sh
pip install it
```

## Limits

| what | how many |
|---|--:|
| pages | 1000 |

- one
- two

> Be polite.

## More

Read on.
"""
PAGES = (
    PageOf("Guide", GUIDE, tags=("docs", "howto"), original=b"<h1>Guide</h1>"),
    PageOf("Notes", "Some notes.", "https://wiki.example.org:8443/notes", tags=("docs",)),
    PageOf("Café", "A place.", "geo:48.2,16.3", "place"),
)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server that executes nothing by itself."""
    with served_at(f"sqlite:///{tmp_path}/web.db", working=False) as served:
        yield served


@pytest.fixture
def collected(served: Served) -> int:
    """The run that collected the pages."""
    return served.call(lambda engine: collect(engine, PAGES))


def titles(page: Page) -> list[str]:
    return page.locator(".documents .title").all_inner_texts()


def test_an_empty_collection_says_what_to_do_until_something_is_found(
    page: Page, served: Served, picture: Callable[..., Path]
) -> None:
    page.goto(f"{served.url}/documents")
    expect(page.locator(".empty")).to_contain_text("Nothing has been collected yet")
    expect(page.get_by_role("link", name="To the start page")).to_be_visible()
    picture(page)
    served.call(lambda engine: collect(engine, PAGES))
    expect(page.locator(".documents .title")).to_have_text(["Café", "Notes", "Guide"])
    expect(page.get_by_role("list", name="Tag")).to_contain_text("docs")


def test_facets_narrow_the_list_by_its_address(
    page: Page, served: Served, collected: int, picture: Callable[..., Path]
) -> None:
    page.goto(f"{served.url}/documents")
    expect(page.locator("#how-many")).to_have_text("3 documents")
    assert titles(page) == ["Café", "Notes", "Guide"]
    picture(page)
    page.get_by_role("list", name="Tag").get_by_role("link", name="docs 2").click()
    assert titles(page) == ["Notes", "Guide"]
    page.get_by_role("list", name="Host").get_by_role("link", name="wiki.example.org:8443 1").click()
    assert page.url == f"{served.url}/documents?tag=docs&host=wiki.example.org%3A8443" or "host=" in page.url
    assert titles(page) == ["Notes"]
    expect(page.locator("#how-many")).to_have_text("1 document matches")
    page.get_by_role("list", name="Updated").get_by_role("link", name="last 24 hours").click()
    assert titles(page) == ["Notes"]
    page.get_by_role("list", name="Tag").get_by_role("link", name="docs").click()
    page.get_by_label("Address contains").fill("nowhere")
    page.keyboard.press("Enter")
    expect(page.locator(".empty")).to_contain_text("No document matches all of this")
    page.get_by_role("link", name="Show all documents").first.click()
    assert len(titles(page)) == 3


def test_what_matches_is_exported(page: Page, served: Served, collected: int) -> None:
    page.goto(f"{served.url}/documents?tag=docs")
    page.get_by_text("Export what matches").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="JSON lines").click()
    assert download.value.suggested_filename == "documents.jsonl"
    assert Path(download.value.path()).read_text("utf-8").count("\n") == 2


def test_a_document_is_deleted_after_a_question(page: Page, served: Served, collected: int) -> None:
    page.goto(f"{served.url}/documents")
    page.get_by_role("button", name="Delete Notes").click()
    page.get_by_role("button", name="Leave it").click()
    assert len(titles(page)) == 3
    page.get_by_role("button", name="Delete Notes").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#how-many")).to_have_text("2 documents")
    assert titles(page) == ["Café", "Guide"]
    page.goto(f"{served.url}/documents/1")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    page.wait_for_url(f"{served.url}/documents")
    assert titles(page) == ["Café"]


def test_a_new_document_appears_by_itself(page: Page, served: Served, collected: int) -> None:
    page.goto(f"{served.url}/documents")
    served.call(lambda engine: collect(engine, (PageOf("Later", "More."),)))
    expect(page.locator("#how-many")).to_have_text("4 documents")
    expect(page.locator(".documents .title").first).to_have_text("Later")


def test_a_document_is_read(page: Page, served: Served, collected: int, picture: Callable[..., Path]) -> None:
    served.call(
        lambda engine: found_by_agent(
            engine, 1, "keyword_extractor", {"keywords": [{"keyword": "rate limit", "confidence": 0.9}]}
        )
    )
    served.call(lambda engine: found_by_agent(engine, 1, "summarizer", {"summary": "How to crawl."}))
    page.goto(f"{served.url}/documents/1")
    text = page.get_by_role("article")
    expect(text.get_by_role("heading", name="Install")).to_be_visible()
    expect(text.get_by_role("link", name="the site")).to_have_attribute("href", "https://example.org/start")
    expect(text.get_by_role("link", name="the site")).to_have_attribute("rel", "noopener noreferrer")
    expect(text.get_by_role("link", name="a drawing of it")).to_have_class("picture")
    assert page.locator("article img").count() == 0
    expect(text.get_by_role("link", name="the limits")).to_have_attribute("href", "#s-limits")
    page.get_by_text("Contents").wait_for()
    page.locator(".contents").get_by_role("link", name="Limits").click()
    assert page.url.endswith("#s-limits")
    expect(page.get_by_role("link", name="rate limit")).to_have_attribute(
        "href", "/search?q=%22rate+limit%22"
    )
    expect(page.get_by_label("summarizer")).to_contain_text("How to crawl.")
    with page.expect_download() as download:
        page.get_by_role("link", name="text/html").click()
    assert Path(download.value.path()).read_bytes() == b"<h1>Guide</h1>"
    picture(page)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, "narrow and dark")
    page.keyboard.press("]")
    page.wait_for_url(f"{served.url}/documents/2")


def test_what_no_browser_opens_is_no_link(page: Page, served: Served, collected: int) -> None:
    page.goto(f"{served.url}/documents/3")
    expect(page.get_by_text("geo:48.2,16.3")).to_be_visible()
    assert page.locator("a[href^='geo:']").count() == 0


def test_versions_are_compared(
    page: Page, served: Served, collected: int, picture: Callable[..., Path]
) -> None:
    for number in (2000, 3000):
        new = PageOf("Guide", GUIDE.replace("1000", str(number)), tags=("docs",))
        served.call(lambda engine, new=new: collect(engine, (new,)))  # type: ignore[misc]
    page.goto(f"{served.url}/documents/1")
    page.keyboard.press("v")
    page.wait_for_url(f"{served.url}/documents/1/versions")
    expect(page.get_by_role("heading", name="From version 2 to version 3")).to_be_visible()
    assert page.locator(".diff mark").all_inner_texts() == ["2000", "3000"]
    page.get_by_role("link", name="with now").click()
    assert page.locator(".diff mark").all_inner_texts() == ["1000", "3000"]
    picture(page)
    page.get_by_role("rowheader", name="1", exact=True).get_by_role("link").click()
    expect(page.get_by_role("note")).to_contain_text("This is version 1")
    expect(page.get_by_role("article")).to_contain_text("1000")


def test_a_long_document_comes_in_parts(page: Page, served: Served) -> None:
    text = "\n\n".join(f"paragraph {number} " + "word " * 20 for number in range(1_000))
    served.call(lambda engine: collect(engine, (PageOf("Long", text),)))
    page.goto(f"{served.url}/documents/1")
    expect(page.get_by_text("Part 1 of 2")).to_be_visible()
    page.get_by_role("link", name="Next part").first.click()
    expect(page.get_by_text("Part 2 of 2")).to_be_visible()
    expect(page.get_by_role("article")).to_contain_text("paragraph 999")
