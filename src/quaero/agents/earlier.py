"""What an earlier step found in a document, for agents that build on it."""

from collections.abc import Mapping
from typing import Any

from quaero.agents import Reading
from quaero.agents.keyword_extractor import AGENT_TYPE as KEYWORDS
from quaero.agents.phrases import chosen, ranked
from quaero.agents.text.outline import Outline
from quaero.agents.text.stems import stem
from quaero.agents.text.tokens import folded, words

Stems = tuple[str, ...]

_MOST = 50
_OF_THEIR_OWN = 15


def keywords_of(reading: Reading, outline: Outline) -> dict[Stems, float]:
    """The keywords of an earlier step, by the stems of their words, with their confidence.

    Without such a step they are found here, as that step would.
    """
    found = dict(_stored(reading.results.get(KEYWORDS, {}), outline.language.code))
    return found or _found_here(outline)


def stems_of(text: str, language: str) -> Stems:
    return tuple(stem(folded(word), language) for word in words(text))


def _stored(value: Mapping[str, Any], language: str) -> list[tuple[Stems, float]]:
    """Whatever made the result: what is no keyword in it is left out."""
    listed = value.get("keywords")
    pairs = [
        (stems_of(each["keyword"], language), float(each["confidence"]))
        for each in (listed[:_MOST] if isinstance(listed, list) else ())
        if isinstance(each, dict)
        and isinstance(each.get("keyword"), str)
        and isinstance(each.get("confidence"), int | float)
    ]
    return [(stems, min(max(confidence, 0.0), 1.0)) for stems, confidence in pairs if stems]


def _found_here(outline: Outline) -> dict[Stems, float]:
    best = chosen(ranked(outline), _OF_THEIR_OWN)
    return {phrase.stems: phrase.score / best[0].score for phrase in best if phrase.score}
