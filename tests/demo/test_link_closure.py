"""The independent account of a site's pages, on sites small enough to count by hand."""

from http import HTTPStatus

import pytest

from quaero.demo.answer import NOT_FOUND, Answer
from quaero.demo.link_closure import PageLinks, link_closure, resolve


def page(html: str) -> Answer:
    return Answer(HTTPStatus.OK, "text/html", html.encode())


def closure(site: dict[str, Answer], max_depth: int | None = None) -> frozenset[str]:
    return link_closure("/", lambda target: site.get(target, NOT_FOUND), max_depth)


@pytest.mark.parametrize(
    "link",
    [
        '<a href="/b">',
        '<a href="b#part">',
        '<map><area href="./x/../b"></map>',
        '<frameset><frame src="b"></frameset>',
        '<iframe src="//site.invalid/b"></iframe>',
        '<link rel="next" href="b">',
        '<link rel="alternate" hreflang="fr" href="b">',
        '<meta http-equiv="refresh" content="0; url=/b">',
        '<a href=" &#10;/&#9;b ">',
        '<a href="/%62">',
        '<a href="/b" href="/c">',
    ],
)
def test_a_link_of_any_kind_leads_on(link: str) -> None:
    assert closure({"/": page(link), "/b": page(""), "/c": page("")}) == {"/", "/b"}


@pytest.mark.parametrize(
    "link",
    [
        '<a href="http://elsewhere.invalid/b">',
        '<a rel="nofollow" href="/b">',
        '<link rel="stylesheet" href="/b">',
        '<a href="mailto:/b">',
        '<a href="http://[/b">',
        '<!-- <a href="/b"> -->',
        '<script>"<a href=/b>"</script>',
        '<meta name="robots" content="nofollow"><a href="/b">',
    ],
)
def test_what_is_no_link_within_the_site_leads_nowhere(link: str) -> None:
    assert closure({"/": page(link), "/b": page("")}) == {"/"}


def test_a_query_makes_another_page_and_a_fragment_does_not() -> None:
    links = page('<a href="/b?x=1&amp;y=2"><a href="/b#a"><a href="/b#b"><a href="?p=2">')
    site = {"/": links, "/b": page(""), "/b?x=1&y=2": page(""), "/?p=2": page("")}
    assert closure(site) == set(site)


def test_a_redirect_counts_as_the_page_it_ends_at() -> None:
    site = {"/": page('<a href="/old">'), "/old": Answer(HTTPStatus.FOUND, location="new"), "/new": page("")}
    assert closure(site, max_depth=1) == {"/", "/new"}


def test_redirects_in_a_circle_end() -> None:
    site = {"/": page('<a href="/a">'), "/a": Answer(HTTPStatus.FOUND, location="/a")}
    assert closure(site) == {"/"}


def test_a_page_counts_as_its_canonical_one_within_the_site_only() -> None:
    site = {
        "/": page('<a href="/copy"><a href="/foreign">'),
        "/copy": page('<link rel="canonical" href="/real">'),
        "/foreign": page('<link rel="canonical" href="https://elsewhere.invalid/">'),
    }
    assert closure(site) == {"/", "/real", "/foreign"}


def test_a_page_closed_by_robots_rules_is_neither_stored_nor_read() -> None:
    site = {
        "/robots.txt": Answer(HTTPStatus.OK, "text/plain", b"User-agent: *\nDisallow: /p/\n"),
        "/": page('<a href="/p/a"><a href="/detour">'),
        "/detour": Answer(HTTPStatus.FOUND, location="/p/a"),
        "/p/a": page('<a href="/b">'),
        "/b": page(""),
    }
    assert closure(site) == {"/"}


def test_a_page_with_noindex_is_read_but_not_stored() -> None:
    site = {"/": page('<meta name="robots" content="noindex"><a href="/b">'), "/b": page("")}
    assert closure(site) == {"/b"}


def test_depth_is_counted_in_links() -> None:
    site = {"/": page('<a href="/1">'), "/1": page('<a href="/2">'), "/2": page("")}
    assert closure(site, max_depth=1) == {"/", "/1"}


def test_a_base_element_moves_relative_links() -> None:
    assert PageLinks("/a/", b'<base href="/b/"><a href="c">').targets == {"/b/c"}


def test_a_link_is_read_in_the_encoding_of_its_page() -> None:
    assert PageLinks("/", b'<meta charset="latin1"><a href="/gr\xfc\xdfe">').targets == {"/gr%C3%BC%C3%9Fe"}


def test_an_escape_has_one_spelling() -> None:
    assert resolve("/", "/%7euser/%2f") == resolve("/", "/~user/%2F") == "/~user/%2F"
