"""What a word is: the same as for SQLite's full-text tokenizer `unicode61`, so that a query meets the index.

Letters, numbers and private-use characters make words, and everything else separates them, but for two
cases. Marks (accents, vowel signs) are kept here: that tokenizer drops some and separates at others, and does
so again when it gets the word from a query. Characters that this Python's Unicode does not know yet count as
letters there, so here too.
"""

import unicodedata
from itertools import groupby

_MARKS = "M"
_WORD_CLASSES = ("L", "N")
_WORD_CATEGORIES = ("Co", "Cn")


def words(text: str) -> tuple[str, ...]:
    """The words of a text, as written, in order. A run of marks alone is no word."""
    runs = ("".join(run) for inside, run in groupby(text, _joins) if inside)
    return tuple(run for run in runs if any(map(_carries, run)))


def _joins(character: str) -> bool:
    return _carries(character) or unicodedata.category(character).startswith(_MARKS)


def _carries(character: str) -> bool:
    if character.isascii():
        return character.isalnum()
    category = unicodedata.category(character)
    return category.startswith(_WORD_CLASSES) or category in _WORD_CATEGORIES
