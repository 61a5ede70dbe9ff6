"""What a query is made of. Each part can say in English what it asks for."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias


class FilterKind(StrEnum):
    """What a filter looks at."""

    URL = "url"
    TAG = "tag"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Term:
    """One word, or several in this order: a phrase. There is at least one.

    `prefix`: the last word may go on. `column` None: anywhere in the document.
    """

    words: tuple[str, ...]
    prefix: bool = False
    column: Literal["title"] | None = None

    def describe(self) -> str:
        text = f'"{" ".join(self.words)}{"…" if self.prefix else ""}"'
        return f"{text} in the title" if self.column else text


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Two or more terms of which one must match."""

    terms: tuple[Term, ...]

    def describe(self) -> str:
        return f"({either(term.describe() for term in self.terms)})"


Clause: TypeAlias = Term | AnyOf


@dataclass(frozen=True, slots=True)
class Filter:
    """Holds for a document that has one of `values` (or, `excluded`, has none of them). Values as written.

    URL: the address contains the value. TAG, SOURCE: a tag, the source type is the value.
    """

    kind: FilterKind
    values: tuple[str, ...]
    excluded: bool = False

    def describe(self) -> str:
        words = {
            FilterKind.URL: "with an address containing",
            FilterKind.TAG: "tagged",
            FilterKind.SOURCE: "of the source type",
        }
        negation = "not " if self.excluded else ""
        values = either(f'"{value}"' for value in self.values)
        return f"{negation}{words[self.kind]} {values}"


def either(texts: Iterable[str]) -> str:
    """The alternatives as one text: `a or b`."""
    return " or ".join(texts)
