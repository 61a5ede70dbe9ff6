"""Links: all of the page, once each, in the order of the page."""

from quaero.crawler.html_tree import parse_html
from quaero.crawler.links import MAX_LINKS, base_of, find_links, resolve_all

PAGE = "http://example.org/a/page.html"


def links(html: str) -> tuple[str, ...]:
    document = parse_html(html.encode())
    return find_links(document, base_of(document, PAGE))


def test_links_are_found_in_every_part_of_the_page() -> None:
    html = """
      <link rel="next" href="2"><link rel="alternate" hreflang="de" href="de">
      <nav><a href="nav">n</a></nav><map><area href="area"></map><iframe src="frame"></iframe>
      <noscript><a href="quiet">q</a></noscript><footer><a href="foot">f</a></footer>
    """
    names = ["2", "de", "nav", "area", "frame", "quiet", "foot"]
    assert links(html) == tuple(f"http://example.org/a/{name}" for name in names)


def test_links_that_lead_to_no_page_are_no_links() -> None:
    html = """
      <link rel="stylesheet" href="s.css"><link rel="alternate" type="application/rss+xml" href="feed">
      <img src="i.png"><a name="x">x</a><a href="mailto:a@b">m</a><a href="javascript:x()">j</a>
    """
    assert links(html) == ()


def test_a_page_counts_once_whatever_the_fragment_or_spelling() -> None:
    assert links(
        '<a href="b#1">1</a><a href="./b#2">2</a><a href="/a/b">3</a><a href="HTTP://EXAMPLE.org/a/b">4</a>'
    ) == ("http://example.org/a/b",)


def test_base_href_is_honoured() -> None:
    assert links('<base href="/root/"><a href="x">x</a><a href="?q">q</a>') == (
        "http://example.org/root/x",
        "http://example.org/root/?q",
    )


def test_a_useless_base_href_is_ignored() -> None:
    assert links('<base href="data:x"><a href="x">x</a>') == ("http://example.org/a/x",)


def test_nofollow_links_are_left_out() -> None:
    assert links('<a rel="noopener NoFollow" href="x">x</a><a rel="noopener" href="y">y</a>') == (
        "http://example.org/a/y",
    )


def test_a_link_followed_elsewhere_is_followed() -> None:
    assert links('<a rel="nofollow" href="x">x</a><a href="x">x</a>') == ("http://example.org/a/x",)


def test_a_refresh_to_another_page_is_a_link() -> None:
    assert links('<meta http-equiv="refresh" content="0; url=there">') == ("http://example.org/a/there",)
    assert links('<meta http-equiv="refresh" content="30">') == ()


def test_a_page_of_endless_links_gives_a_limited_number() -> None:
    assert len(resolve_all(PAGE, (f"p{number}" for number in range(MAX_LINKS + 10)))) == MAX_LINKS
