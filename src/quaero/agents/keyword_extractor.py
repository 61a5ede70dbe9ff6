"""What a document is about, in a few words of its own."""

import math
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from quaero.agents import Reading
from quaero.agents.phrases import Phrase, chosen, ranked
from quaero.agents.text.outline import outline_of

AGENT_TYPE = "keyword_extractor"
_LONGEST = 200
_HALF_SURE = 1.5
"""Occurrences in all that make a phrase half certain, as far as counting can."""


class KeywordOptions(BaseModel):
    """`max_keywords`: a short text may have fewer."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    max_keywords: Annotated[int, Field(ge=5, le=15, examples=[10])] = 10


class Keyword(BaseModel):
    """`confidence`: how much speaks for it, from 0 to 1; it ranks, and is no probability."""

    model_config = ConfigDict(extra="forbid")

    keyword: Annotated[str, Field(min_length=1, max_length=_LONGEST)]
    confidence: Annotated[float, Field(ge=0, le=1)]


class KeywordAnswer(BaseModel):
    """The best keyword first."""

    model_config = ConfigDict(extra="forbid")

    keywords: Annotated[list[Keyword], Field(max_length=15)]


class KeywordExtractor:
    """Counts words and weighs where they stand."""

    agent_type = AGENT_TYPE
    version = "1"
    options_model = KeywordOptions
    answer_model = KeywordAnswer

    def answer(self, reading: Reading, options: KeywordOptions) -> KeywordAnswer:
        outline = outline_of(reading)
        best = chosen(ranked(outline), options.max_keywords)
        top = best[0].score if best else 0.0
        keywords = [
            Keyword(keyword=_shown(phrase)[:_LONGEST], confidence=_confidence(phrase, top)) for phrase in best
        ]
        return KeywordAnswer(keywords=sorted(keywords, key=lambda each: -each.confidence))

    def instructions(self, reading: Reading, options: KeywordOptions) -> str:
        return (
            f"Name up to {options.max_keywords} keywords or short phrases of the document that say what it is about,"
            " the most important first. Use the words of the document, in its language, in the singular where it is"
            " usual. Give each a confidence from 0 to 1."
        )

    def fitted(self, answer: KeywordAnswer, reading: Reading, options: KeywordOptions) -> KeywordAnswer:
        """No more than are wanted, each once."""
        by_word = {each.keyword.casefold(): each for each in reversed(answer.keywords)}
        return KeywordAnswer(keywords=list(reversed(by_word.values()))[: options.max_keywords])


def _shown(phrase: Phrase) -> str:
    """As it is written, but without the capital letter that it only has at the start of a sentence."""
    form = phrase.form
    first, _, rest = form.partition(" ")
    only_starts = phrase.starts == phrase.count and first[1:].islower() and rest == rest.lower()
    return form[0].lower() + form[1:] if only_starts and not phrase.capitalised else form


def _confidence(phrase: Phrase, top: float) -> float:
    """Its share of the best score, less where little is said about it."""
    said = phrase.count + phrase.in_title + phrase.in_heading
    return round(phrase.score / top * (1 - math.exp(-said / _HALF_SURE)), 3) if top else 0.0
