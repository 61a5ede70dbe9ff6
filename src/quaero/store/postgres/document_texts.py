"""What the search index keeps of a document; made when the document is written, in the same statement.

`keys` are what the index finds: each word of the document once, with how often it occurs, as "crawl 3"; the words of
its title once more, as ":crawl 1". So the index alone tells what ranking must know of a word in a document, and no
text is read for it. `words` are all words in their order, for phrases: one line each for title, text and address.
"""

from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, pairwise
from typing import Any, Final, Protocol

from quaero.store.transaction import Row
from quaero.store.words import words_of

TITLE_WEIGHT: Final = 4
"""A word in the title counts as so many in the text or the address."""

LEVELS: Final = (1, 2, 3, 4, 5, 6, 8, 11, 16, 32)
"""How often a word occurs, as the keys tell it: the nearest of these. More is little more for the rank."""

LONGEST_KEY: Final = 500
"""Characters of a word that the index tells apart; in bytes a key may have 2,046."""

ROOM_FOR_KEYS: Final = 1_000_000
"""Bytes of all keys of a document, under the limit of 1 MB: more than 80,000 different words."""

_BYTES_A_CHARACTER: Final = 4
_BORDERS: Final = tuple((low * high) ** 0.5 for low, high in pairwise(LEVELS))
_LEVEL: Final = tuple(LEVELS[bisect(_BORDERS, count)] for count in range(LEVELS[-1] + 1))


class Run(Protocol):
    """Runs a statement as it is."""

    def __call__(self, statement: str, /, **parameters: Any) -> list[Row]: ...


def text_of(title: str, markdown: str, url: str) -> dict[str, str | int]:
    """The parameters `size` (words in all), `keys` (as a text search vector) and `words`."""
    parts = words_of(title), words_of(markdown), words_of(url)
    counts = Counter(parts[1])
    counts.update(parts[2])
    for word in parts[0]:
        counts[word] += TITLE_WEIGHT
    keys = chain(_keys(Counter(parts[0]), ":"), _keys(counts))
    return {
        "size": sum(map(len, parts)),
        "keys": _vector(keys),
        "words": "\n".join(f" {' '.join(part)} " for part in parts),
    }


def key(word: str, mark: str = "") -> str:
    """The key of a word without how often it occurs; the mark ":" for a word of the title."""
    return mark + word[:LONGEST_KEY]


def _keys(counts: Mapping[str, int], mark: str = "") -> Iterator[str]:
    most = LEVELS[-1]
    for word, count in counts.items():
        yield f"{mark}{word[:LONGEST_KEY]} {_LEVEL[count] if count < most else most}"


def _vector(keys: Iterator[str]) -> str:
    """Words hold nothing that would have to be quoted otherwise. What is over the limit is not found."""
    text = "' '".join(keys)
    if len(text) > ROOM_FOR_KEYS // _BYTES_A_CHARACTER:
        encoded = text.encode()
        if len(encoded) > ROOM_FOR_KEYS:
            text = encoded[:ROOM_FOR_KEYS].decode(errors="ignore").rpartition("' '")[0]
    return f"'{text}'" if text else ""


def _with_text(statement: str) -> Callable[[Run, Mapping[str, Any]], list[Row]]:
    def write(run: Run, parameters: Mapping[str, Any]) -> list[Row]:
        text = text_of(parameters["title"], parameters["markdown"], parameters["url"])
        return run(statement, **parameters, **text)

    return write


def _touch(run: Run, parameters: Mapping[str, Any]) -> list[Row]:
    """The words of the address are in the index too."""
    for title, markdown in run("touch_document", **parameters):
        if title is not None:
            text = text_of(title, markdown, parameters["url"])
            run("put_document_text", document_id=parameters["id"], **text)
    return []


WRITERS: Final[Mapping[str, Callable[[Run, Mapping[str, Any]], list[Row]]]] = {
    "insert_document": _with_text("insert_document"),
    "update_document": _with_text("update_document"),
    "touch_document": _touch,
}
"""How a transaction runs the statements that change a document: with its text for the index."""
