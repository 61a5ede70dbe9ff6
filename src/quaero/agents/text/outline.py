"""A document read once: its passages with their sentences, its title, and its language."""

import re
from dataclasses import dataclass

from quaero.agents import Reading
from quaero.agents.text.languages import Language, language_of
from quaero.agents.text.passages import Kind, Passage, passages, plain, readable
from quaero.agents.text.sentences import sentences
from quaero.agents.text.tokens import folded, words

MOST_SENTENCES = 20_000
_MOST_TITLE = 1_000
_FIRST_PASSAGES = 50
_TITLE_PARTS = re.compile(r"\s+(?:[|–—·•«»:-]|::|\\)\s+")  # noqa: RUF001 - as sites write it


@dataclass(frozen=True, slots=True)
class Sentence:
    """`passage`: the number of the passage that it stands in. `first`: it begins it."""

    text: str
    kind: Kind
    passage: int
    first: bool


@dataclass(frozen=True, slots=True)
class Outline:
    title: str
    sentences: tuple[Sentence, ...]
    language: Language


def outline_of(reading: Reading) -> Outline:
    """Read a document. Headings that only repeat the title are left out."""
    read_passages = passages(reading.text)
    title = _own_title(plain(readable(reading.title[:_MOST_TITLE])), read_passages)
    found = [each for each in read_passages if not _repeats(each, title)]
    read = _sentences(found)
    sample = words(" ".join([title, *(each.text for each in read[:200])]))
    return Outline(title, read, language_of([folded(word) for word in sample]))


def _own_title(title: str, read: list[Passage]) -> str:
    """The title without the name of the site beside it: the part that is a heading too, else the first."""
    parts = _TITLE_PARTS.split(title)
    headings = {folded(each.text) for each in read[:_FIRST_PASSAGES] if each.kind is Kind.HEADING}
    return next((part for part in parts if folded(part) in headings), parts[0])


def _sentences(found: list[Passage]) -> tuple[Sentence, ...]:
    read: list[Sentence] = []
    for number, passage in enumerate(found):
        if len(read) >= MOST_SENTENCES:
            break
        parts = sentences(passage.text)
        read.extend(Sentence(text, passage.kind, number, place == 0) for place, text in enumerate(parts))
    return tuple(read[:MOST_SENTENCES])


def _repeats(passage: Passage, title: str) -> bool:
    return passage.kind is Kind.HEADING and folded(passage.text) == folded(title)
