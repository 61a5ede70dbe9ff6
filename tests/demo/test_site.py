"""The demo site is whole where it should be whole, and broken where it should be broken."""

import re

import pytest

from quaero.demo.answer import NOT_FOUND, Answer
from quaero.demo.link_closure import PageLinks
from quaero.demo.pages import Plan, site_answers
from quaero.demo.server import MAX_DEPTH, expected_pages


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan.read()


@pytest.fixture(scope="module")
def answers(plan: Plan) -> dict[str, Answer]:
    return dict(site_answers(plan))


def linked_paths(answers: dict[str, Answer]) -> set[str]:
    pages = {path: PageLinks(path, answer.body) for path, answer in answers.items() if answer.is_page}
    return {target.partition("?")[0] for page in pages.values() for target in page.targets}


def test_every_link_resolves_except_the_ones_broken_on_purpose(
    plan: Plan, answers: dict[str, Answer]
) -> None:
    assert linked_paths(answers) - answers.keys() == plan.broken_links


def test_everything_that_is_served_is_linked_somewhere(answers: dict[str, Answer], plan: Plan) -> None:
    led_to = linked_paths(answers) | set(plan.redirects.values())
    assert answers.keys() - led_to == {"/robots.txt"}


def test_every_page_has_one_heading_which_is_its_title(answers: dict[str, Answer]) -> None:
    for path, answer in answers.items():
        if answer.is_page:
            headings = re.findall(rb"<h1>(.+?)</h1>", answer.body)
            assert re.findall(rb"<title>(.+?) \S+ Quaero handbook</title>", answer.body) == headings, path


def test_the_expected_pages_are_all_pages_but_the_traps(plan: Plan, answers: dict[str, Answer]) -> None:
    pages = {path for path, answer in answers.items() if answer.is_page}
    with_query = {page for page in expected_pages() if "?" in page}
    assert len(with_query) == 1
    assert expected_pages() - with_query == pages - {"/private/notes.html"} - plan.copies.keys()


def test_the_site_is_exactly_as_deep_as_it_says() -> None:
    assert expected_pages(MAX_DEPTH - 1) < expected_pages(MAX_DEPTH) == expected_pages(MAX_DEPTH + 1)


def test_the_private_folder_is_linked_although_it_is_closed(answers: dict[str, Answer]) -> None:
    assert "/private/notes.html" in linked_paths(answers)
    assert b"Disallow: /private/" in answers["/robots.txt"].body


def test_two_redirects_lead_to_each_other(plan: Plan) -> None:
    assert plan.redirects[plan.redirects["/loop/here"]] == "/loop/here"


def test_the_letters_page_declares_its_encoding_only_within_itself(answers: dict[str, Answer]) -> None:
    letters = answers["/letters.html"]
    assert letters.content_type == "text/html"
    assert b'charset="windows-1252"' in letters.body
    assert "a price of 5 €" in letters.body.decode("windows-1252")
    with pytest.raises(UnicodeDecodeError):
        letters.body.decode("utf-8")


def test_the_colophon_has_links_around_its_text_but_none_in_it(answers: dict[str, Answer]) -> None:
    page = answers["/colophon.html"].body.decode()
    text = page.partition('<main id="text">')[2].partition("</main>")[0]
    assert "<a " not in text
    assert PageLinks("/colophon.html", page.encode()).targets


@pytest.mark.parametrize(
    ("target", "only_page"),
    [
        ("/jobs/flow-fold.html", "/jobs/flow.html"),
        ("/jobs/flow-queue.html", "/jobs/flow.html"),
        ("/crawl/odd-links.html", "/crawl/urls.html"),
    ],
)
def test_some_pages_are_reached_from_one_page_only(
    target: str, only_page: str, answers: dict[str, Answer]
) -> None:
    sources = {
        path
        for path, page in answers.items()
        if page.is_page and target in PageLinks(path, page.body).targets
    }
    assert sources - {target} == {only_page}


def test_an_unknown_path_is_not_found() -> None:
    assert not NOT_FOUND.is_page
