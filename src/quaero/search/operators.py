"""The operators of the search language, each with an example and what it finds: what help is made of."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Operator:
    """`example` is a whole search text; `meaning` goes on after "finds documents"."""

    example: str
    meaning: str


OPERATORS: Final = (
    Operator("crawl limits", "with any of these words; the best match comes first"),
    Operator('"rate limit"', "with these words in this order"),
    Operator("+crawl limits", "with crawl; those with limits come first"),
    Operator("crawl -archive", "with crawl and without archive"),
    Operator("sched*", "with words that begin so"),
    Operator("cat OR dog", "with one of the two"),
    Operator("cat AND dog", "with both"),
    Operator("title:install", "with the word in their title"),
    Operator("url:/docs/", "whose address contains this"),
    Operator("tag:wiki", "that have this tag"),
    Operator("source:crawler", "that came from this kind of source"),
)
