"""Markdown as agents read it."""

from hypothesis import given
from hypothesis import strategies as st

from quaero.agents.text.passages import MOST_CHARACTERS, Kind, Passage, passages


def read(markdown: str) -> list[str]:
    return [passage.text for passage in passages(markdown)]


def test_headings_paragraphs_lists_and_cells_are_passages() -> None:
    markdown = "# Roses\n\nWater them\ndaily.\n\n- red\n- white\n\n| name | colour |\n|---|---|\n| Iceberg | white |\n"
    assert passages(markdown) == [
        Passage(Kind.HEADING, "Roses"),
        Passage(Kind.TEXT, "Water them daily."),
        Passage(Kind.ITEM, "red"),
        Passage(Kind.ITEM, "white"),
        Passage(Kind.CELL, "name"),
        Passage(Kind.CELL, "colour"),
        Passage(Kind.CELL, "Iceberg"),
        Passage(Kind.CELL, "white"),
    ]


def test_an_underlined_line_is_a_heading() -> None:
    assert passages("Roses\n=====\n\ntext") == [Passage(Kind.HEADING, "Roses"), Passage(Kind.TEXT, "text")]


def test_code_is_not_read() -> None:
    assert read("before\n\n```python\nsecret = 1\n```\n\n    indented()\n\nafter") == ["before", "after"]
    assert read("~~~\n``` still inside\n~~~\nout") == ["out"]
    assert read("```\nwithout an end\n") == []


def test_front_matter_is_not_read() -> None:
    assert read("---\ntitle: Roses\ntags: [a]\n---\ntext") == ["text"]
    assert read("---\n\nonly a rule") == ["only a rule"]


def test_of_links_and_images_their_text_is_read() -> None:
    markdown = "See [the *book*](https://example.org/a_(b) 'title'), ![a rose](rose.png) and [this][ref]."
    assert read(f"{markdown}\n\n[ref]: https://example.org/hidden") == ["See the book, a rose and this."]


def test_addresses_and_tags_are_not_read_and_entities_are_what_they_stand_for() -> None:
    assert read("Go to <https://example.org/path>. Or https://example.org/x now.") == ["Go to . Or now."]
    assert read("a<br/>b &amp; c") == ["a b & c"]


def test_emphasis_escapes_and_code_within_a_line_are_plain() -> None:
    assert read(r"**bold** and _it_ and `name` and snake_case and 2 \* 3") == [
        "bold and it and name and snake_case and 2 * 3"
    ]


def test_what_is_behind_the_limit_is_not_read() -> None:
    assert sum(map(len, read("word " * (MOST_CHARACTERS // 4)))) <= MOST_CHARACTERS


@given(st.text(alphabet="#`~-*_[]()!<>|\\ \n\tab1.:/h", max_size=300))
def test_whatever_the_markdown_each_passage_is_one_line_with_something_in_it(markdown: str) -> None:
    for passage in passages(markdown):
        assert passage.text == " ".join(passage.text.split())
        assert passage.text
