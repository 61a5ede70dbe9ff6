"""What a page looks like in each format, and that a stranger's text does nothing in any of them."""

import json
from html.parser import HTMLParser
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.transform import Page
from quaero.transform.file_names import LONGEST, file_name
from quaero.transform.html_page import html_page
from quaero.transform.plain_text import plain_text
from quaero.transform.rendering import render

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt:alert(1))",
    "[click](data:text/html;base64,PHNjcmlwdD4=)",
    "[click](vbscript:x)",
    '[x](https://e.org/ "a\\" onmouseover=alert(1)")',
    "![x](https://tracker.example/p.gif)",
    "![x](javascript:alert(1))",
    '<a href="https://e.org" style="position:fixed">x</a>',
    "</main></body><iframe src=https://e.org></iframe>",
    "<style>@import url(https://e.org/x.css)</style>",
    '```"><script>alert(1)</script>\ncode\n```',
    "| <svg onload=alert(1)> | b |\n|---|---|\n| <object data=x> | 2 |",
    '<https://e.org/"onclick=alert(1)>',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "[x]: javascript:alert(1)\n\n[x]",
]
HEAD = {"html", "head", "meta", "title", "style", "body", "main", "footer"}
TEXT = {
    "p",
    "br",
    "hr",
    "h1",
    "h2",
    "h3",
    "ul",
    "ol",
    "li",
    "blockquote",
    "pre",
    "code",
    "em",
    "strong",
    "s",
    "del",
    "a",
}
ALLOWED = HEAD | TEXT | {"h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}


class Tags(HTMLParser):
    """The tags of a text with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def harmless(text: str) -> None:
    for tag, attributes in Tags(text).found:
        assert tag in ALLOWED
        assert not {name for name in attributes if name.startswith("on") or name in ("style", "src")}
        href = attributes.get("href")
        assert (
            href is None
            or href.startswith(("https://", "http://", "mailto:", "tel:", "/", "#"))
            or ":" not in href
        )


@pytest.mark.parametrize("text", HOSTILE)
def test_html_of_a_stranger_runs_nothing_and_loads_nothing(text: str) -> None:
    harmless(html_page(Page(text, text, "https://example.org/", text)))
    assert "default-src 'none'" in html_page(Page(text, text))


@given(st.text(), st.lists(st.sampled_from([*HOSTILE, "\n", "`", "|", "](", "<", ">", '"']), max_size=6))
def test_no_mixture_of_texts_becomes_a_page_that_does_something(text: str, pieces: list[str]) -> None:
    harmless(html_page(Page(text, "".join([text, *pieces]), "https://example.org/")))


def test_a_page_as_html_has_its_structure_and_its_source() -> None:
    page = Page(
        "A & B", "# Head\n\n*text*\n\n| a | b |\n|---|---|\n| 1 | 2 |", "https://e.org/?a=1&b=2", "en"
    )
    text = html_page(page)
    assert '<html lang="en">' in text
    assert "<title>A &amp; B</title>" in text
    assert "<h1>Head</h1>" in text
    assert "<em>text</em>" in text
    assert "<td>2</td>" in text
    assert '<a href="https://e.org/?a=1&amp;b=2"' in text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("# Head\n\nOne *two* `three`.", "Head\n\nOne two three."),
        ("- a\n- b\n  - c", "- a\n- b\n  - c"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a\tb\n1\t2"),
        ("```\nx = 1\n```\n\nend", "x = 1\n\nend"),
        ("[text](https://e.org) ![image](https://e.org/i.png)", "text image"),
        ("a  \nb\nc", "a\nb\nc"),
        ("> said\n\nthen", "said\n\nthen"),
        ("<b>not bold</b>", "<b>not bold</b>"),
        ("", ""),
    ],
)
def test_plain_text_is_what_a_reader_would_read_out(markdown: str, text: str) -> None:
    assert plain_text(markdown) == text


def test_a_line_of_json_has_everything_and_is_one_line() -> None:
    line = render(Page("T", "a\nb", "https://e.org/", "en", {"document_id": 7}), "jsonl")
    assert line.count("\n") == 1
    assert json.loads(line) == {
        "title": "T",
        "url": "https://e.org/",
        "language": "en",
        "document_id": 7,
        "markdown": "a\nb",
    }


def test_markdown_has_a_head_that_no_title_breaks() -> None:
    text = render(Page('a: "b"\n---', "body", "https://e.org/"), "markdown")
    assert text == '---\ntitle: "a: \\"b\\"\\n---"\nsource: "https://e.org/"\n---\n\nbody\n'


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://docs.example.org/3/library/json.html", "library-json-7.md"),
        ("https://example.org/", "example-org-7.md"),
        ("https://example.org/../../etc/passwd", "etc-passwd-7.md"),
        ("https://example.org/a%2F..%2F..%2Fb", "b-7.md"),
        ("https://example.org/CON", "con-7.md"),
        ("https://example.org/Größe", "größe-7.md"),
        ("file:///home/x/Notes.txt", "x-notes-7.md"),
        ("https://[broken", "document-7.md"),
        ("...", "document-7.md"),
    ],
)
def test_a_file_is_called_after_the_address_of_its_document(url: str, name: str) -> None:
    assert file_name(url, 7, "markdown") == name


@given(st.text(), st.integers(1, 10**9))
def test_no_address_leads_out_of_the_folder(url: str, number: int) -> None:
    name = file_name(url, number, "html")
    assert PurePosixPath(name).name == name
    assert "\\" not in name
    assert "\0" not in name
    assert not name.startswith((".", "-"))
    assert name.endswith(f"-{number}.html")
    assert len(name.encode()) <= LONGEST + 20
