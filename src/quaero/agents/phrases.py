"""The phrases of a document that may be keywords, with all that speaks for each: a count over its words, no model.

A phrase is up to four words between stop words and marks of punctuation. What it is worth comes from how often it and
its words are said, whether it stands by itself, where it is first said, and whether the title or a heading says it.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from quaero.agents.text.languages import Language
from quaero.agents.text.outline import Outline, Sentence
from quaero.agents.text.passages import Kind
from quaero.agents.text.stems import stem
from quaero.agents.text.tokens import chunks, folded
from quaero.agents.text.unspaced import unspaced_words

LONGEST: Final = 4
"""Words of a phrase."""

_LONGEST_RUN = 10
"""Words; a longer stretch without a little word is a list, and its neighbours are no phrases."""

_JOINING = frozenset({"of", "de", "del", "di", "du", "van", "von"})
_VERBAL = ("ed", "ly", "ing")

Stems = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each sign counts. Tuned on one half of the texts of `bench/support/keywords.toml`."""

    lengths: tuple[float, ...] = (1.0, 1.8, 1.6, 1.9)
    general: float = 0.27
    title: float = 1.1
    heading: float = 1.4
    early: float = 0.35
    name: float = 1.2
    part: float = 0.7
    word_counts: float = 0.85
    phrase_counts: float = 0.2
    longer_texts: float = 0.3
    nested: float = 0.3
    verbal: float = 0.9
    extends: float = 0.95


WEIGHTS: Final = Weights()


@dataclass(slots=True)
class Phrase:
    """`count`: how often it is said; `alone`: of these, with stop words or punctuation on both sides; `ends`: behind.

    `first`: how many words stand before it. `names`: how often it is written like a name within a sentence; `starts`:
    how often it begins one. `general`: how many of its words say little. `capitalised`: its language writes it so.
    """

    stems: Stems
    first: int
    count: int = 0
    alone: int = 0
    ends: int = 0
    names: int = 0
    starts: int = 0
    in_title: bool = False
    in_heading: bool = False
    general: int = 0
    verbal: bool = False
    capitalised: bool = False
    forms: Counter[str] = field(default_factory=Counter)
    score: float = 0.0

    @property
    def form(self) -> str:
        """As it is written most often."""
        return max(self.forms, key=lambda form: (self.forms[form], form.islower(), form))


class _Word(NamedTuple):
    text: str
    stem: str
    place: int
    starts: bool
    general: bool


def ranked(outline: Outline, weights: Weights = WEIGHTS) -> list[Phrase]:
    """All phrases of a document, the best first; each has its score."""
    reader = _Reader(outline.language)
    reader.read_title(outline.title)
    for sentence in outline.sentences:
        reader.read(sentence)
    phrases = reader.phrases()
    for phrase in phrases:
        phrase.score = _score(phrase, reader, weights)
    return sorted(phrases, key=lambda phrase: (-phrase.score, phrase.first, phrase.stems))


class _Reader:
    """Goes over the words once and counts."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.said = 0
        self.word_counts: Counter[str] = Counter()
        self.containing: dict[Stems, list[int]] = {}
        self._found: dict[Stems, Phrase] = {}
        self._title: set[Stems] = set()

    def read_title(self, title: str) -> None:
        for run in self._runs(title, starts=True):
            self._title.update(tuple(word.stem for word in part) for part in _parts(run))
            self._count(run, heading=False)

    def read(self, sentence: Sentence) -> None:
        for run in self._runs(sentence.text, starts=True):
            self._count(run, heading=sentence.kind is Kind.HEADING)
        for word in unspaced_words(sentence.text):
            self.word_counts[word] += 1
            self._add((word,), heading=sentence.kind is Kind.HEADING, alone=True, form=word)

    def phrases(self) -> list[Phrase]:
        for stems, phrase in self._found.items():
            phrase.in_title = stems in self._title
            if len(stems) > 2:
                self._tell_parts(phrase)
        for phrase in self._found.values():
            if len(phrase.stems) == 2:
                self._tell_parts(phrase)
        return list(self._found.values())

    def count(self, stems: Stems) -> int:
        """How often a phrase is said."""
        return self._found[stems].count if stems in self._found else 0

    def _tell_parts(self, phrase: Phrase) -> None:
        """Note for each part of a phrase that is said again and again, how often it is said in it."""
        if phrase.count < 2:
            return
        size = len(phrase.stems)
        for length in range(1, size):
            for start in range(size - length + 1):
                self.containing.setdefault(phrase.stems[start : start + length], []).append(phrase.count)

    def _runs(self, text: str, *, starts: bool) -> Iterator[list[_Word]]:
        """Stretches of words that may be said in one phrase."""
        for chunk in chunks(text):
            run: list[_Word] = []
            for number, word in enumerate(chunk):
                self.said += 1
                read = self._word(word, starts)
                starts = False
                if read is None and run and self._joins_names(chunk, number):
                    read = _Word(word, folded(word), self.said, False, False)
                if read is None:
                    if run:
                        yield run
                    run = []
                else:
                    run.append(read)
            if run:
                yield run

    def _word(self, text: str, starts: bool) -> _Word | None:
        """The word, or None for one that is in no keyword."""
        plain = folded(text)
        if plain in self.language.stop or not _is_name_of_something(text):
            return None
        if self.language.capitalises_nouns and not text[0].isupper():
            return None
        return _Word(text, stem(plain, self.language.code), self.said, starts, plain in self.language.general)

    def _joins_names(self, chunk: Sequence[str], number: int) -> bool:
        """Whether this is the little word in the middle of a name, as in "Library of Congress"."""
        around = [*chunk[number - 1 : number], *chunk[number + 1 : number + 2]]
        return chunk[number] in _JOINING and len(around) == 2 and all(word[0].isupper() for word in around)

    def _count(self, run: Sequence[_Word], *, heading: bool) -> None:
        self.word_counts.update(word.stem for word in run)
        for part in _parts(run):
            phrase = self._add(
                tuple(word.stem for word in part),
                heading=heading,
                alone=len(part) == len(run),
                form=" ".join(word.text for word in part),
                place=part[0].place,
            )
            phrase.capitalised = self.language.capitalises_nouns
            phrase.verbal = self.language.code == "en" and _is_verbal(part[-1].text)
            phrase.general = sum(word.general for word in part)
            phrase.ends += part[-1] is run[-1]
            phrase.starts += part[0].starts
            phrase.names += not part[0].starts and all(word.text[0].isupper() for word in part)

    def _add(self, stems: Stems, *, heading: bool, alone: bool, form: str, place: int = 0) -> Phrase:
        phrase = self._found.get(stems)
        if phrase is None:
            phrase = self._found[stems] = Phrase(stems, place or self.said)
        phrase.count += 1
        phrase.alone += alone
        phrase.in_heading |= heading
        phrase.forms[form] += 1
        return phrase


def _parts(run: Sequence[_Word]) -> Iterator[Sequence[_Word]]:
    longest = LONGEST if len(run) <= _LONGEST_RUN else 1
    for start in range(len(run)):
        for end in range(start + 1, min(start + longest, len(run)) + 1):
            part = run[start:end]
            if part[0].text not in _JOINING and part[-1].text not in _JOINING:
                yield part


def _is_verbal(word: str) -> bool:
    return word.islower() and word.endswith(_VERBAL) and len(word) > 5


def _is_name_of_something(word: str) -> bool:
    """Whether a word can be a keyword or a part of one: no number, no single letter, no script without spaces."""
    letters = sum(character.isalpha() for character in word)
    return (
        (letters >= 3 or (letters >= 2 and word.isupper()) or word in ("C", "C++", "C#", "R"))
        and letters * 2 >= len(word)
        and not "\u3040" <= word[0] <= "\u9fff"
    )


def _score(phrase: Phrase, reader: _Reader, weights: Weights) -> float:
    size = len(phrase.stems)
    counts = [math.log1p(reader.word_counts[each]) for each in phrase.stems]
    larger = reader.containing.get(phrase.stems, ())
    own = phrase.count - (weights.nested * max(larger) if larger else 0.0)
    longer = max(0.0, math.log10(max(reader.said, 1) / 100))
    score: float = weights.lengths[size - 1]
    score *= math.log1p(max(own, 0.25)) ** (weights.phrase_counts + weights.longer_texts * longer)
    score *= (sum(counts) / size) ** weights.word_counts
    score *= weights.general ** (phrase.general / size)
    score *= 1 + weights.early * math.exp(-phrase.first / (0.15 * max(reader.said, 1)))
    score *= weights.part + (1 - weights.part) * (phrase.alone / phrase.count)
    if phrase.count == 1 and _extends_known(phrase.stems, reader):
        score *= weights.extends
    if phrase.verbal:
        score *= weights.verbal
    if phrase.in_title:
        score *= weights.title
    if phrase.in_heading:
        score *= weights.heading
    if not reader.language.capitalises_nouns and phrase.names:
        score *= weights.name
    return score


def _extends_known(stems: Stems, reader: _Reader) -> bool:
    """Whether a phrase that is said once only adds a word to one that is said again and again."""
    return any(reader.count(part) > 1 for part in (stems[:-1], stems[1:]) if part)


def chosen(phrases: Iterable[Phrase], most: int) -> list[Phrase]:
    """The best phrases that do not say the same: of one and its part, only that which has something of its own."""
    taken: list[Phrase] = []
    for phrase in phrases:
        if len(taken) == most:
            break
        if not any(_says_the_same(phrase, other) for other in taken):
            taken.append(phrase)
    return taken


def _says_the_same(phrase: Phrase, other: Phrase) -> bool:
    if _is_part(phrase.stems, other.stems):
        return not phrase.ends or phrase.count - other.count < max(1, phrase.count // 3)
    if _is_part(other.stems, phrase.stems):
        return phrase.count < 2 and not phrase.in_title and not phrase.names
    return False


def _is_part(small: Stems, large: Stems) -> bool:
    size = len(small)
    return size < len(large) and any(
        large[start : start + size] == small for start in range(len(large) - size + 1)
    )
