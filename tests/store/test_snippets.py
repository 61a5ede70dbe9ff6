"""The part of a document that a search shows, on the database that does not cut it itself."""

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.store.snippets import WORDS, Phrase, snippet
from quaero.store.words import words_of


def phrase(text: str, *, prefix: bool = False) -> Phrase:
    return Phrase(tuple(words_of(text)), prefix)


@pytest.mark.parametrize(
    ("text", "looked_for", "shown"),
    [
        ("A crawl follows links.", [phrase("links")], "A crawl follows **links**."),
        ("Crawled pages, crawlers", [phrase("crawling")], "**Crawled** pages, crawlers"),
        ("happy queries", [phrase("happiness"), phrase("query")], "**happy** **queries**"),
        ("the café, the CAFÉ", [phrase("cafe")], "the **café**, the **CAFÉ**"),
        ("one job of one job", [phrase("one job")], "**one job** of **one job**"),
        ("real-time and real time", [phrase("real time")], "**real-time** and **real time**"),
        ("work, workers, worked", [phrase("worker", prefix=True)], "work, **workers**, worked"),
        ("a b c", [phrase("a b"), phrase("b c")], "**a b c**"),
        ("nothing of it", [phrase("other")], "nothing of it"),
        ("Ёлка и ёж", [phrase("ёж")], "Ёлка и **ёж**"),
        ("İstanbul and istanbul", [phrase("istanbul")], "**İstanbul** and **istanbul**"),
        ("e\u0301te\u0301 comes", [phrase("ete")], "**e\u0301te\u0301** comes"),
        ("", [phrase("word")], ""),
        ("text", [], "text"),
    ],
)
def test_matches_are_marked(text: str, looked_for: list[Phrase], shown: str) -> None:
    assert snippet(text, looked_for) == shown


def test_a_long_text_is_cut_where_the_most_different_words_are() -> None:
    filler = "nothing to see here\n" * 200
    text = f"{filler}one needle\n{filler}a needle in a haystack\n{filler}a haystack"

    shown = snippet(text, [phrase("needle"), phrase("haystack")])

    assert "a **needle** in a **haystack**" in shown
    assert shown.startswith(" … ")
    assert shown.endswith(" … ")
    assert len(words_of(shown)) == WORDS


def test_a_text_full_of_matches_is_cut_at_once() -> None:
    shown = snippet("alpha beta\n" * 500_000, [phrase("alpha"), phrase("alpha beta")])
    assert shown.startswith("**alpha beta")


TEXTS = st.text(
    st.sampled_from(["a", "b", "é", "Ü", "ё", "1", " ", "-", "'", "\n", "\u0301", "中", "ß", "😀"]),
    max_size=60,
)


@given(TEXTS, TEXTS.filter(words_of))
def test_what_is_found_is_marked_and_nothing_of_the_text_is_lost(text: str, query: str) -> None:
    looked_for = phrase(query)
    shown = snippet(text, [looked_for])

    assert "".join(shown.replace("**", "").split()) in "".join(text.split())
    stems = words_of(text)
    there = any(tuple(stems[at:][: len(looked_for.stems)]) == looked_for.stems for at in range(len(stems)))
    assert ("**" in shown) == there


@given(TEXTS, TEXTS.filter(words_of))
def test_the_same_words_are_marked_as_by_the_other_database(text: str, query: str) -> None:
    connection = apsw.Connection(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE t USING fts5 (x, tokenize = 'porter unicode61 remove_diacritics 2')"
    )
    connection.execute("INSERT INTO t VALUES (?)", (text,))
    quoted = f'"{" ".join(words_of(query))}"'
    found = connection.execute(
        "SELECT highlight(t, 0, '**', '**') FROM t WHERE t MATCH ?", (quoted,)
    ).fetchall()
    for (expected,) in found:
        assert snippet(text, [phrase(" ".join(words_of(query)))]) == expected
