"""Cuts a search text into the pieces that a person sees in it: words, quoted texts, operators."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_STRAIGHT_QUOTES = str.maketrans("“”„", '"""')

# A sign counts only directly before what it marks; a qualifier only directly before a value.
_CHUNK = re.compile(
    r"""
    (?P<mark> [+-] (?=[^\s+-]) )?
    (?: (?P<qualifier> title|url|tag|source ) : (?= [^\s"] | "\s*[^\s"] ) )?
    (?: " (?P<quoted> [^"]* ) "? | (?P<plain> [^\s"]+ ) )
    """,
    re.VERBOSE | re.IGNORECASE,
)


class Operator(StrEnum):
    OR = "OR"
    AND = "AND"
    NOT = "NOT"


_OPERATORS = frozenset(Operator)


@dataclass(frozen=True, slots=True)
class Chunk:
    """`mark` is "+", "-" or ""; `qualifier` is "title", "url", "tag", "source" or ""."""

    text: str
    mark: str = ""
    qualifier: str = ""
    quoted: bool = False


def chunks(text: str) -> Iterator[Chunk | Operator]:
    """The pieces in order. A quote that is not closed runs to the end; curved quotes are quotes too."""
    for found in _CHUNK.finditer(text.translate(_STRAIGHT_QUOTES)):
        if found[0] in _OPERATORS:
            yield Operator(found[0])
            continue
        quoted = found["quoted"] is not None
        value = found["quoted"] if quoted else found["plain"]
        yield Chunk(value, found["mark"] or "", (found["qualifier"] or "").lower(), quoted)
