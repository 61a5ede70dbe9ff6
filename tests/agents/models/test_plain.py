"""What a model says becomes plain text: nothing in it loads, leads away, or hides."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from quaero.agents.models.plain import REMOVED, addresses_in, each_text, plain, without_invisible

SOURCE = "The page says: see https://roses.example/care?a=1 (and www.heap.example)."

KNOWN = addresses_in(SOURCE)

PIECES = st.sampled_from(
    [
        *("![", "[", "]", "](", "(", ")", "]:", "[x]", "<", ">", "![a](b)", "[a](/b)", " ", "\n", "> ", "- "),
        *("http://evil.example/", "javascript:alert(1)", "data:x,y", "//evil.example", "www.evil.example"),
        *("<img src=x>", "<script>", "</a", "<a href='b'>", "<http://evil.example>", "<b@c.example>"),
        *("\u200b", "\u202e", "\x1b", "\x00", "\U000e0041", "\u200d", "word", "é", "न", "&lt;", "`", "\\"),
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_no_text_becomes_a_link_or_an_image_where_it_is_taken_for_markdown(text: str) -> None:
    html = MarkdownIt("commonmark", {"html": False}).render(plain(text))

    assert "<a " not in html
    assert "<img" not in html


@given(st.lists(PIECES, max_size=40).map("".join))
def test_no_address_is_left_that_the_source_does_not_have(text: str) -> None:
    told = plain(text)

    assert "://" not in told
    assert not re.search(r"(?<![a-z0-9])www\.", told)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_plain_text_stays_as_it_is(text: str) -> None:
    told = plain(text, KNOWN)

    assert plain(told, KNOWN) == told


@given(st.text(max_size=200))
def test_nothing_invisible_is_left(text: str) -> None:
    told = plain(text)

    assert not re.search(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]", told
    )
    told.encode()


@pytest.mark.parametrize(
    "text",
    [
        "Roses want sun: three hours (or more).",
        "See https://roses.example/care?a=1.",
        "Use f[i] (x), a < b > c and Vec<String>; <b> is bold, 5 * 3 = 15, a_b_c.",
        "Straße, café, 日本語, עברית, नमस्ते, \u06a9\u062a\u0627\u0628\u200c\u0647\u0627",
        "one\n- two\n- three\tfour",
        "write to me@roses.example",
    ],
)
def test_what_is_plain_already_is_not_touched(text: str) -> None:
    assert plain(text, KNOWN) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("see [the care](https://evil.example/?d=1) page", "see the care page"),
        ("![logo](https://evil.example/?d=1)", "logo"),
        ("![logo](local.png) x", "logo x"),
        ("https://roses.example/care?a=1&d=secret", REMOVED),
        ("<https://roses.example/care?a=1>", "https://roses.example/care?a=1"),
        ("<img src=x onerror=alert(1)>a<script>b</script>", "ab"),
        ("h\u200bttp://evil.example", REMOVED),
        ("a\x1b[2Jb", "a[2Jb"),
        ("handlers[name](event)", "handlers[name] (event)"),
    ],
)
def test_what_is_more_than_text_is_taken_away(text: str, told: str) -> None:
    assert plain(text, KNOWN) == told


def test_every_text_in_a_value_is_changed_and_nothing_else() -> None:
    value = {"a": ["x", 1, None, {"x": "x"}], "b": 2.5}

    assert each_text(value, lambda text: text.replace("x", "y")) == {
        "a": ["y", 1, None, {"y": "y"}],
        "b": 2.5,
    }


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "<" * 100_000, "](" * 50_000, "![a](" * 20_000, "<a " * 30_000, "a:" * 50_000]
)
def test_a_text_that_is_all_marks_is_read_in_a_moment(text: str) -> None:
    """It ends at all: nothing in it is read again and again."""
    assert isinstance(plain(text), str)


def test_a_tag_in_a_tag_in_a_tag_is_no_answer() -> None:
    with pytest.raises(ValueError, match="inside of others"):
        plain("<scr" * 100 + "<script>" + "ipt>" * 100)


def test_the_addresses_of_a_page_are_found_without_what_stands_around_them() -> None:
    text = "See [a](https://a.example/x?y=1), <http://b.example>, www.c.example. And https://d.example!"

    assert addresses_in(text) == {
        "https://a.example/x?y=1",
        "http://b.example",
        "www.c.example",
        "https://d.example",
    }


def test_lines_stay_lines() -> None:
    assert without_invisible("a\r\nb\rc\u2028d\te") == "a\nb\nc\nd\te"
