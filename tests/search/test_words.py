"""What a word is, held against the tokenizer that fills the index."""

import sys
import unicodedata
from typing import cast

import apsw
from hypothesis import given
from hypothesis import strategies as st

from quaero.search.words import words

YOUNG_SIGNS = ("S", "P", "C")  # those younger than the tokenizer's Unicode 6.1 are letters to it


def tokens(text: str) -> list[tuple[int, int, str]]:
    """Start and end in bytes, and the token as the index holds it."""
    tokenizer = apsw.Connection(":memory:").fts5_tokenizer("unicode61", [])
    found = tokenizer(text.encode(), apsw.FTS5_TOKENIZE_DOCUMENT, None)
    return cast("list[tuple[int, int, str]]", found)


def indexed(text: str) -> list[str]:
    return [token for _, _, token in tokens(text)]


def test_every_letter_and_number_of_the_index_is_one_of_a_query() -> None:
    characters = [chr(code) for code in range(1, sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
    samples = [f"a{c}b " for c in characters if not unicodedata.category(c).startswith(YOUNG_SIGNS)]
    ends = {start: end for start, end, _ in tokens("".join(samples))}
    position = 0
    cut = []
    for sample in samples:
        end = position + len(sample.encode())
        if ends[position] == end - 1 and len(words(sample)) != 1:
            cut.append(sample)
        position = end
    assert cut == []


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Z", "Cc"], max_codepoint=0x24F)))
def test_the_words_of_a_western_text_are_the_tokens_of_the_index(text: str) -> None:
    assert [token for word in words(text) for token in indexed(word)] == indexed(text)
    assert all(len(indexed(word)) == 1 for word in words(text))


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "M", "P", "Z", "Sm", "Sk", "Sc"])))
def test_no_token_of_the_index_is_lost_when_a_text_is_cut_into_words(text: str) -> None:
    young = [
        c for c in text if unicodedata.category(c).startswith(YOUNG_SIGNS) and indexed(f"a{c}b") == [f"a{c}b"]
    ]
    if not young:
        assert indexed(" ".join(words(text))) == indexed(text)


def test_accents_stay_and_marks_alone_are_no_word() -> None:
    assert words("e\u0301te\u0301 \u0301 naïve") == ("e\u0301te\u0301", "naïve")


def test_half_of_a_character_pair_separates_words() -> None:
    assert words("a\ud800b") == ("a", "b")
