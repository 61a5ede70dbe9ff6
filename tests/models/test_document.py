"""The identity of a document's content."""

import string

from hypothesis import given
from hypothesis import strategies as st

from quaero.models.document import content_hash

ANY_TEXT = st.text(st.characters(codec=None))


@given(ANY_TEXT, ANY_TEXT)
def test_a_hash_is_128_bits_in_hex_and_the_same_every_time(title: str, text: str) -> None:
    found = content_hash(title, text)
    assert len(found) == 32
    assert set(found) <= set(string.hexdigits.lower())
    assert found == content_hash(title, text)


def test_it_is_the_same_in_every_version_of_the_program() -> None:
    assert content_hash("A title", "A text") == "52ac1e3a9ead6c240809125aa975627a"


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_different_contents_have_different_hashes(title: str, text: str, other: str, another: str) -> None:
    same = (title, text) == (other, another)
    if "\0" not in title + other:
        assert (content_hash(title, text) == content_hash(other, another)) == same


@given(st.text(min_size=1), st.text())
def test_a_word_that_moves_from_the_text_to_the_title_is_a_change(title: str, text: str) -> None:
    assert content_hash(title, text) != content_hash("", title + text)
