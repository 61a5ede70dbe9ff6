"""The language of a text, by the little words that it is full of, and what those words are."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

KNOWN: Final = ("en", "de", "fr", "es", "it", "nl", "pt")
_LOOKED_AT = 2_000
"""Words."""
_LEAST_SHARE = 0.12
_MOST_COMMON_SHARE = 1 / 60


@dataclass(frozen=True, slots=True)
class Language:
    """`code`: ISO 639-1, empty for one that is not known here. Words are folded.

    `stop`: words without a subject of their own. `general`: words that say little about a subject.
    """

    code: str
    stop: frozenset[str]
    general: frozenset[str] = frozenset()

    @property
    def capitalises_nouns(self) -> bool:
        return self.code == "de"


def language_of(folded_words: Sequence[str]) -> Language:
    """The language that these words are most likely written in.

    A language that is not known here gets as stop words the short words that the text itself repeats most.
    """
    sample = folded_words[:_LOOKED_AT]
    if len(sample) < 3:
        return known("en")
    shares = {code: sum(word in known(code).stop for word in sample) / len(sample) for code in KNOWN}
    best = max(shares, key=lambda code: shares[code])
    if shares[best] >= _LEAST_SHARE or len(sample) < 20:
        return known(best if shares[best] else "en")
    return Language("", _stop_words_of(folded_words))


@cache
def known(language: str) -> Language:
    """One of the languages that are known here."""
    verbs = _listed(f"{language}.verbs.txt")
    return Language(
        language,
        _listed(f"{language}.stop.txt") | verbs | frozenset(map(_third_person, verbs)),
        _listed(f"{language}.general.txt"),
    )


def _third_person(verb: str) -> str:
    """Of an English verb: matches, carries, needs."""
    if verb.endswith(("s", "sh", "ch", "x", "z", "o")):
        return verb + "es"
    return verb[:-1] + "ies" if verb.endswith("y") and verb[-2] not in "aeiou" else verb + "s"


def _stop_words_of(folded_words: Sequence[str]) -> frozenset[str]:
    most = max(4.0, len(folded_words) * _MOST_COMMON_SHARE)
    counts = Counter(word for word in folded_words if len(word) <= 5)
    return frozenset(word for word, count in counts.items() if count >= most or len(word) == 1)


def _listed(name: str) -> frozenset[str]:
    file = files("quaero.agents.text") / "words" / name
    return frozenset(file.read_text("utf-8").split()) if file.is_file() else frozenset()
