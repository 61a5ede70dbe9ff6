"""Words of a text and what stands between them."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0dff\u0e31-\u0e4e\u0f00-\u0fff\u1000-\u109f"
)
_LETTER = rf"(?:[^\W_]|[{_MARKS}])"
WORD: Final = re.compile(rf"{_LETTER}+(?:[-'\u2019&.]{_LETTER}+)*(?:\+\+|#)?")
_GAP_JOINS: Final = re.compile(r"[ \t\n]*$")
UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
"""Runs of Chinese and Japanese, which are written without spaces."""

LONGEST_WORD: Final = 40
"""Characters; what is longer is no word of any language (a hash, a path, a line without spaces)."""

_ENDINGS = ("'s", "\u2019s", "'", "\u2019")


def chunks(text: str) -> Iterator[list[str]]:
    """The words of a text, in stretches that no mark of punctuation divides."""
    chunk, end = list[str](), 0
    for match in WORD.finditer(text):
        if chunk and (not _GAP_JOINS.match(text[end : match.start()]) or len(match[0]) > LONGEST_WORD):
            yield chunk
            chunk = []
        if len(match[0]) <= LONGEST_WORD:
            chunk.append(_without_ending(match[0]))
        end = match.end()
    if chunk:
        yield chunk


def words(text: str) -> list[str]:
    """All words of a text."""
    return [word for chunk in chunks(text) for word in chunk]


def size(text: str) -> int:
    """How many words a text has; two characters count as one in scripts without spaces."""
    unspaced = sum(len(run) for run in UNSPACED.findall(text))
    return len(UNSPACED.sub(" ", text).split()) + (unspaced + 1) // 2


def folded(word: str) -> str:
    """A word without the differences that do not matter: case and the form of its characters."""
    return unicodedata.normalize("NFKC", word).casefold()


def _without_ending(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending):
            return word[: -len(ending)]
    return word
