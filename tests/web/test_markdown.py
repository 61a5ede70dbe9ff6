"""Markdown of strangers: shown as it is meant, and never more than text, links and tables."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.web.markdown import MOST_CHARACTERS, Heading, parts_of, shown
from tests.web.hostile import TEXTS

URL = "https://example.org/docs/page"
TAGS = {
    *("a", "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li"),
    *("h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"href", "class", "target", "rel", "id", "start"}


class Seen(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_comment(self, data: str) -> None:
        self.tags.append(("!--", {}))

    def handle_decl(self, decl: str) -> None:
        self.tags.append(("!", {}))


def assert_harmless(html: str) -> None:
    for tag, attributes in Seen(html).tags:
        assert tag in TAGS
        assert attributes.keys() <= ATTRIBUTES
        if "href" in attributes:
            href = attributes["href"] or ""
            assert href.startswith("#s-") or urlsplit(href).scheme in ("http", "https", "mailto")
            assert attributes["rel"] == "noopener noreferrer"
        assert attributes.get("class", "picture") == "picture"
        assert (attributes.get("id") or "s-").startswith("s-")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_hostile_text_becomes_harmless(text: str) -> None:
    for around in (
        "{}",
        "# {}",
        "> {}",
        "- {}",
        "[{}](http://a.org)",
        "![{}](http://a.org/x.png)",
        "|{}|\n|-|\n|a|",
    ):
        assert_harmless(shown(around.format(text), URL).html)


PARTS = st.sampled_from(
    [
        *"<>[]()!*_`#|\\\"'&:/ \n\t",
        "javascript:",
        "data:",
        "<script>",
        "](",
        "![",
        "<svg onload=x>",
        "&#x6a;",
        "a",
        "\0",
    ]
)


@given(parts=st.lists(PARTS, max_size=40))
def test_whatever_is_put_together_is_harmless(parts: list[str]) -> None:
    assert_harmless(shown("".join(parts), URL).html)


@pytest.mark.parametrize(
    ("markdown", "href"),
    [
        ("[a](/b)", "https://example.org/b"),
        ("[a](other)", "https://example.org/docs/other"),
        ("[a](?q=1)", "https://example.org/docs/page?q=1"),
        ("[a](//b.org)", "https://b.org"),
        ("[a](mailto:a@b.org)", "mailto:a@b.org"),
        ("[a](#one)\n\n## One", "#s-one"),
        ("[a](https://example.org/docs/page#one)\n\n## One", "#s-one"),
        ("[a](#two)\n\n## One", "https://example.org/docs/page#two"),
        ("![a](b.png)", "https://example.org/docs/b.png"),
        ("[![a](b.png)](/c)", "https://example.org/c"),
    ],
)
def test_links_lead_where_they_led_on_the_page(markdown: str, href: str) -> None:
    links = [attributes for tag, attributes in Seen(shown(markdown, URL).html).tags if tag == "a"]
    assert [link["href"] for link in links] == [href]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:x",
        "about:x",
    ],
)
def test_a_link_that_must_not_be_followed_is_its_text(address: str) -> None:
    for markdown in (f"[here]({address})", f"![here]({address})", f"[here][1]\n\n[1]: {address}"):
        html = shown(markdown, URL).html
        assert "here" in html
        assert "<a" not in html


def test_html_is_shown_as_text() -> None:
    assert shown("a <b>bold</b> <!-- word -->", URL).html == (
        "<p>a &lt;b&gt;bold&lt;/b&gt; &lt;!-- word --&gt;</p>\n"
    )


def test_headings_have_anchors_of_their_own() -> None:
    text = shown("# One & *two*\n\n# One & two\n\n###### Six\n\n#\n", URL)
    assert text.headings == (
        Heading(2, "One & two", "s-one--two"),
        Heading(2, "One & two", "s-one--two-1"),
        Heading(6, "Six", "s-six"),
    )
    assert '<h2 id="s-one--two-1">' in text.html


def test_the_title_is_not_shown_twice() -> None:
    assert shown("# The *page*\n\ntext", URL, "The page").html == "<p>text</p>\n"
    assert "The page" in shown("text\n\n# The page", URL, "The page").html


@given(
    lengths=st.lists(st.integers(0, MOST_CHARACTERS), max_size=6),
    border=st.sampled_from(["\n\n", "\n", " ", ""]),
)
def test_parts_are_the_whole_text_and_none_is_too_long(lengths: list[int], border: str) -> None:
    text = border.join("x" * length for length in lengths)
    parts = parts_of(text)
    assert "".join(parts) == text
    assert all(len(part) <= MOST_CHARACTERS for part in parts)
    assert all(parts) or parts == [""]
