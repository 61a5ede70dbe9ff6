"""The search page: as one types, from a link, and with the keyboard alone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from quaero.search.operators import OPERATORS, Operator
from quaero.search.query import parse_query
from tests.web.collection import PageOf, collect
from tests.web.serving import Served, served_at

PAGES = (
    PageOf("Apples", "An apple tree bears **apples** in autumn.", tags=("fruit",)),
    PageOf("Pears", "A pear is no apple.", tags=("fruit",)),
    PageOf("Orchard", "Apple picking.", "https://maps.org/1", "place"),
)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server with three documents, that executes nothing by itself."""
    with served_at(f"sqlite:///{tmp_path}/web.db", working=False) as served:
        served.call(lambda engine: collect(engine, PAGES))
        yield served


def box(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="Search the documents")


def titles(page: Page) -> list[str]:
    return page.locator(".hits .title").all_inner_texts()


def test_a_link_to_a_search_shows_what_it_finds(
    page: Page, served: Served, picture: Callable[..., Path]
) -> None:
    page.goto(f"{served.url}/search?q=apple+-orchard")
    assert sorted(titles(page)) == ["Apples", "Pears"]
    expect(page.locator("#understood")).to_have_text('2 found. Documents with "apple", without "orchard".')
    assert page.locator(".hits mark").all_inner_texts() == ["apple", "apples", "apple"]
    expect(box(page)).to_have_value("apple -orchard")
    picture(page)
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, "narrow")


def test_what_is_typed_is_found_at_once_and_stands_in_the_address(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/search")
    box(page).press_sequentially("pear")
    expect(page.locator(".hits .title")).to_have_text(["Pears"])
    assert page.url == f"{served.url}/search?q=pear"
    box(page).fill("quince")
    expect(page.locator("#nothing")).to_contain_text("Nothing was found.")
    box(page).fill("picking")
    page.get_by_role("link", name="Orchard").click()
    page.wait_for_url(f"{served.url}/documents/3")
    page.go_back()
    expect(box(page)).to_have_value("picking")
    expect(page.locator(".hits .title")).to_have_text(["Orchard"])
    box(page).fill("")
    expect(page.locator("#help")).to_be_visible()
    assert page.url == f"{served.url}/search"


def test_an_answer_that_a_later_question_has_overtaken_is_dropped(page: Page, served: Served) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.goto(f"{served.url}/search")
    page.route("**/search?q=pear", hold)
    with page.expect_request("**/search?q=pear"):
        box(page).fill("pear")
    box(page).fill("picking")
    expect(page.locator(".hits .title")).to_have_text(["Orchard"])
    for route in held:
        route.fulfill(body="<div id=results>old</div>", content_type="text/html")
    box(page).fill("picking apple")
    expect(page.locator("#understood")).to_contain_text('"picking" or "apple"')
    assert len(titles(page)) == 3


def test_facets_become_words_of_the_query(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/search?q=apple")
    page.get_by_role("list", name="Tag").get_by_role("link", name="fruit 2").click()
    expect(box(page)).to_have_value("apple tag:fruit")
    assert sorted(titles(page)) == ["Apples", "Pears"]
    page.get_by_role("list", name="Tag").get_by_role("link", name="fruit").click()
    page.get_by_role("list", name="Host").get_by_role("link", name="maps.org 1").click()
    expect(box(page)).to_have_value("apple url://maps.org/")
    assert titles(page) == ["Orchard"]


def test_the_keyboard_is_enough(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/documents")
    page.keyboard.press("/")
    page.keyboard.type("apple")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{served.url}/search?q=apple")
    page.locator("h1").wait_for(state="attached")
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    second = page.locator(".hits .title").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(box(page)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/documents/*")


def test_the_operators_are_explained_by_examples(
    page: Page, served: Served, picture: Callable[..., Path]
) -> None:
    page.goto(f"{served.url}/search")
    rows = page.locator("#help tbody tr")
    assert rows.count() == len(OPERATORS)
    picture(page)
    page.get_by_role("link", name="title:install").click()
    expect(page.locator("#understood")).to_contain_text('with "install" in the title')


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda each: each.example)
def test_an_example_is_understood_as_more_than_its_words(operator: Operator) -> None:
    text = operator.example
    query = parse_query(text)
    plain = parse_query(
        " ".join(part for part in text.replace('"', "").split() if part.isalpha() and not part.isupper())
    )
    assert not query.empty
    assert text == "crawl limits" or query != plain
