"""The sentences of a document that say most about it, as they stand and in their order."""

import math
from collections import Counter
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from quaero.agents import Reading
from quaero.agents.earlier import Stems, keywords_of, stems_of
from quaero.agents.text.outline import Outline, Sentence, outline_of
from quaero.agents.text.passages import Kind
from quaero.agents.text.stems import stem
from quaero.agents.text.tokens import folded, size, words

AGENT_TYPE = "summarizer"
_LONGEST = 20_000
_MOST_SENTENCES: Final = 2_000
"""That are weighed: those of the first hundred pages."""

_MOST_PICKED: Final = 100

_SHORT, _LONG = 6, 45
_REFERRING = frozenset(
    """
    also although and another as because but consequently finally for furthermore hence he her his however if in
    it its likewise meanwhile moreover nevertheless or otherwise she similarly since so such that then there
    therefore these they this those thus too which aber auch außerdem daher damit dann daraus darum dazu deshalb
    dies diese dieser dieses doch er es ferner hierbei ihr ihre jedoch sie so somit trotzdem und zudem
    """.split()  # noqa: SIM905 - read as a text
)
"""Words with which a sentence refers to the one before it."""


class SummaryOptions(BaseModel):
    """`max_words`: of the whole summary. `style`: one paragraph, or one line for each sentence."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    max_words: Annotated[int, Field(ge=10, le=1_000, examples=[60])] = 60
    style: Literal["paragraph", "bullets"] = "paragraph"


class SummaryAnswer(BaseModel):
    """`summary` is empty for a document without sentences."""

    model_config = ConfigDict(extra="forbid")

    summary: Annotated[str, Field(max_length=_LONGEST)]


class Summarizer:
    """Picks sentences by their keywords and their place; writes none of its own."""

    agent_type = AGENT_TYPE
    version = "1"
    options_model = SummaryOptions
    answer_model = SummaryAnswer

    def answer(self, reading: Reading, options: SummaryOptions) -> SummaryAnswer:
        outline = outline_of(reading)
        found = _sentences(outline)
        picked = _picked(found, _Weigher(outline, keywords_of(reading, outline)), options.max_words)
        texts = [found[number].text for number in sorted(picked)] or _first_words(found, options.max_words)
        if options.style == "bullets":
            return SummaryAnswer(summary="\n".join(f"- {text}" for text in texts)[:_LONGEST])
        return SummaryAnswer(summary=" ".join(texts)[:_LONGEST])

    def instructions(self, reading: Reading, options: SummaryOptions) -> str:
        form = "one paragraph" if options.style == "paragraph" else 'lines that each begin with "- "'
        return (
            f"Summarise the document in at most {options.max_words} words, as {form}, in the language of the document."
            " Say only what the document says."
        )


class _Weigher:
    """Knows what each sentence is worth, and what it says."""

    def __init__(self, outline: Outline, keywords: dict[Stems, float]) -> None:
        self._language = outline.language
        self._keywords = keywords
        self._title = frozenset(
            stem(word, self._language.code)
            for word in map(folded, words(outline.title))
            if word not in self._language.stop
        )

    def said(self, sentence: Sentence) -> Counter[str]:
        """The keywords in a sentence, each as one text, and the words of the title."""
        stems = self.stems(sentence)
        known = {" ".join(keyword) for keyword in self._keywords if _holds(stems, keyword)}
        return Counter([*known, *(self._title & set(stems))])

    def stems(self, sentence: Sentence) -> Stems:
        return stems_of(sentence.text, self._language.code)

    def worth(self, of_keyword: str) -> float:
        return self._keywords.get(tuple(of_keyword.split(" ")), 0.3)

    def place(self, sentence: Sentence, number: int, total: int) -> float:
        """Beginnings say most: of the document, and of each paragraph."""
        weight = 1.0 + 0.8 * math.exp(-6 * number / max(total, 12))
        if number == 0:
            weight *= 1.3
        if sentence.first:
            weight *= 1.1
        return weight * _form(sentence)


def _sentences(outline: Outline) -> list[Sentence]:
    """What reads as a sentence; where nothing does, whatever there is."""
    read = [each for each in outline.sentences if each.kind is not Kind.HEADING]
    whole = [each for each in read if each.kind is not Kind.CELL and size(each.text) >= _SHORT]
    return (whole or read)[:_MOST_SENTENCES]


def _form(sentence: Sentence) -> float:
    """Less for what does not stand by itself: questions, references to what was said before, lists, very long."""
    weight = 1.0
    first = sentence.text.split(" ", 1)[0].strip("\"'“„(,").lower()
    if first in _REFERRING:
        weight *= 0.6
    if sentence.text.endswith(("?", ":")):
        weight *= 0.5
    if sentence.kind is not Kind.TEXT:
        weight *= 0.7
    if size(sentence.text) > _LONG:
        weight *= 0.7
    if _reads_like_code(sentence.text):
        weight *= 0.3
    return weight


def _reads_like_code(text: str) -> bool:
    """Whether there is more to it than words: a signature, a formula, a table of numbers."""
    of_words = sum(character.isalpha() or character in " -'" for character in text)
    return of_words < 0.85 * len(text)


def _picked(found: list[Sentence], weigher: _Weigher, max_words: int) -> set[int]:
    """The numbers of the best sentences that fit together into so many words.

    What a sentence that was picked says already counts little for the next, so that they do not repeat each other.
    """
    said = [weigher.said(sentence) for sentence in found]
    sizes = [size(sentence.text) for sentence in found]
    places = [weigher.place(sentence, number, len(found)) for number, sentence in enumerate(found)]
    stems = [frozenset(weigher.stems(sentence)) for sentence in found]
    told: Counter[str] = Counter()
    left = set(range(len(found)))
    picked: set[int] = set()
    room = max_words
    while len(picked) < _MOST_PICKED:
        fitting = [n for n in sorted(left) if 0 < sizes[n] <= room]
        if not fitting:
            break
        worths = {n: places[n] * _news(said[n], told, weigher) / math.sqrt(sizes[n] + 5) for n in fitting}
        best = max(fitting, key=lambda n: (worths[n], -n))
        if picked and worths[best] <= 0:
            break
        picked.add(best)
        left -= {n for n in left if _says_the_same(stems[n], stems[best])}
        told.update(said[best].keys())
        room -= sizes[best]
    return picked


def _news(said: Counter[str], told: Counter[str], weigher: _Weigher) -> float:
    return sum(weigher.worth(each) * 0.3 ** told[each] for each in said)


def _says_the_same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two sentences are made of the same words, but for a few."""
    return len(one & other) >= 0.7 * len(one | other)


def _first_words(found: list[Sentence], max_words: int) -> list[str]:
    """The beginning of a document whose every sentence is too long."""
    if not found:
        return []
    beginning = found[0].text.split(" ")
    if len(beginning) > 1:
        return [" ".join(beginning[:max_words]) + " …"]
    return [found[0].text[:max_words] + "…"]


def _holds(stems: Stems, keyword: Stems) -> bool:
    width = len(keyword)
    if width == 1:
        return keyword[0] in stems
    return any(stems[start : start + width] == keyword for start in range(len(stems) - width + 1))
