"""Which of the given labels fits a document, by the words that speak for each."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from quaero.agents import Reading
from quaero.agents.earlier import Stems, keywords_of, stems_of
from quaero.agents.text.outline import Outline, outline_of
from quaero.agents.text.passages import Kind
from quaero.search.patterns import compiled, pattern_complaint

AGENT_TYPE = "classifier"
_MOST_LABELS: Final = 100
_TITLE, _HEADING, _KEYWORD = 4.0, 2.0, 4.0
_ENOUGH = 3.0
"""So much evidence makes a label as good as certain, where nothing speaks for another."""


def _label(value: str) -> str:
    if not value.strip():
        raise ValueError("a label must not be empty")
    return value


def _sign(value: str) -> str:
    """A word or phrase, or a pattern between slashes."""
    if not value.strip(" /"):
        raise ValueError("a word must not be empty")
    if (pattern := _pattern(value)) is not None and (complaint := pattern_complaint(pattern)) is not None:
        raise ValueError(f"{value!r} is no pattern: {complaint}")
    return value


Label = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_label)]
Sign = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_sign)]
Labels = Annotated[list[Label], Field(min_length=1, max_length=_MOST_LABELS, examples=[["guide", "news"]])]
Rules = Annotated[
    dict[Label, Annotated[list[Sign], Field(min_length=1, max_length=50)]],
    Field(min_length=1, max_length=_MOST_LABELS),
]


class ClassifierOptions(BaseModel):
    """`labels`: a list, or a table of each label with the words, phrases and `/patterns/` that speak for it.

    `multiple`: all that fit instead of the best. `min_confidence`: what is below it does not fit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    labels: Annotated[Labels | Rules, Field(examples=[["guide", "reference", "news"]])]
    multiple: bool = False
    min_confidence: Annotated[float, Field(ge=0, le=1, examples=[0.4])] = 0.4

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(self.labels))

    @property
    def rules(self) -> Mapping[str, list[str]]:
        """The signs of each label; a label of a list is its own sign."""
        labels = self.labels
        return labels if isinstance(labels, dict) else {label: [label] for label in labels}


class Judged(BaseModel):
    """`confidence`: from 0 to 1; how much speaks for the label, and how little for the others."""

    model_config = ConfigDict(extra="forbid")

    label: Annotated[str, Field(max_length=100)]
    confidence: Annotated[float, Field(ge=0, le=1)]


class ClassifierAnswer(BaseModel):
    """`label`: the one that fits best, null if none does. `labels`: all that fit, the best first; just one without
    `multiple`. `runners_up`: the next ones."""

    model_config = ConfigDict(extra="forbid")

    label: Annotated[str, Field(max_length=100)] | None
    confidence: Annotated[float, Field(ge=0, le=1)]
    labels: Annotated[list[Judged], Field(max_length=_MOST_LABELS)]
    runners_up: Annotated[list[Judged], Field(max_length=3)]


class Classifier:
    """Counts the words of each label. It knows no meaning: a label that the text never names needs words of yours."""

    agent_type = AGENT_TYPE
    version = "1"
    options_model = ClassifierOptions
    answer_model = ClassifierAnswer

    def answer(self, reading: Reading, options: ClassifierOptions) -> ClassifierAnswer:
        evidence = _Evidence(reading)
        scores = {label: evidence.of(signs) for label, signs in options.rules.items()}
        judged = _judged(scores, multiple=options.multiple)
        fitting = [
            each for each in judged if each.confidence >= options.min_confidence and each.confidence > 0
        ]
        labels = fitting if options.multiple else fitting[:1]
        others = [each for each in judged if each not in labels and each.confidence > 0]
        best = labels[0] if labels else None
        return ClassifierAnswer(
            label=best.label if best else None,
            confidence=best.confidence if best else 0.0,
            labels=labels,
            runners_up=others[:3],
        )

    def instructions(self, reading: Reading, options: ClassifierOptions) -> str:
        listed = "; ".join(
            label if signs == [label] else f"{label} (signs: {', '.join(signs)})"
            for label, signs in options.rules.items()
        )
        many = "all that fit, the best first" if options.multiple else "the one that fits best"
        return (
            f"Classify the document. The labels are: {listed}. Give as `labels` {many}, each with a confidence from 0"
            " to 1, and as `label` and `confidence` the first of them. If none fits, `label` is null, `confidence` 0"
            " and `labels` empty. Give as `runners_up` up to three other labels that come close."
        )

    def fitted(
        self, answer: ClassifierAnswer, reading: Reading, options: ClassifierOptions
    ) -> ClassifierAnswer:
        """Only labels that are given, and those that are sure enough; the first of them is the answer."""
        known = set(options.names)
        named = [answer.label, *(each.label for each in (*answer.labels, *answer.runners_up))]
        if any(label is not None and label not in known for label in named):
            raise ValueError("it has a label that is none of those given")
        judged = list(answer.labels)
        if answer.label is not None and answer.label not in {each.label for each in judged}:
            judged.insert(0, Judged(label=answer.label, confidence=answer.confidence))
        sure = [each for each in judged if each.confidence >= options.min_confidence]
        labels = sure if options.multiple else sure[:1]
        best = labels[0] if labels else None
        return ClassifierAnswer(
            label=best.label if best else None,
            confidence=best.confidence if best else 0.0,
            labels=labels,
            runners_up=answer.runners_up,
        )


class _Evidence:
    """The words of a document by where they stand, and what they say for a label."""

    def __init__(self, reading: Reading) -> None:
        outline = outline_of(reading)
        self._language = outline.language.code
        self._title = _Words(stems_of(outline.title, self._language))
        self._headings = _Words(self._all(outline, lambda kind: kind is Kind.HEADING))
        self._text = _Words(self._all(outline, lambda kind: kind is not Kind.HEADING))
        self._keywords = keywords_of(reading, outline)
        self._plain = "\n".join([outline.title, *(sentence.text for sentence in outline.sentences)])

    def of(self, signs: Iterable[str]) -> float:
        """How much all signs of a label together say for it."""
        return sum(self._of_one(sign) for sign in dict.fromkeys(signs))

    def _of_one(self, sign: str) -> float:
        if (pattern := _pattern(sign)) is not None:
            return _TITLE / 2 if compiled(f"(?i){pattern}")(self._plain) else 0.0
        stems = stems_of(sign, self._language)
        if not stems:
            return 0.0
        said = self._text.count(stems)
        return (
            _TITLE * bool(self._title.count(stems))
            + _HEADING * min(self._headings.count(stems), 2) / 2
            + _KEYWORD
            * max((c for keyword, c in self._keywords.items() if _within(stems, keyword)), default=0.0)
            + math.log1p(said) * min(1.0, 300 * said / max(self._text.total, 100))
        )

    def _all(self, outline: Outline, wanted: Callable[[Kind], bool]) -> Stems:
        texts = (sentence.text for sentence in outline.sentences if wanted(sentence.kind))
        return tuple(stem for text in texts for stem in stems_of(text, self._language))


class _Words:
    """Counts phrases in a text."""

    def __init__(self, stems: Stems) -> None:
        self._stems, self.total = stems, len(stems)
        self._singles = Counter(stems)
        self._counts: dict[int, Counter[Stems]] = {}

    def count(self, phrase: Stems) -> int:
        width = len(phrase)
        if width == 1:
            return self._singles[phrase[0]]
        if not all(each in self._singles for each in phrase):
            return 0
        if width not in self._counts:
            starts = range(self.total - width + 1)
            self._counts[width] = Counter(self._stems[start : start + width] for start in starts)
        return self._counts[width][phrase]


def _judged(scores: Mapping[str, float], *, multiple: bool) -> list[Judged]:
    """Each label with its confidence, the best first. Without `multiple` labels share what there is."""
    total = sum(scores.values())
    judged = [
        Judged(
            label=label,
            confidence=round(
                (1 - math.exp(-score / _ENOUGH)) * (1.0 if multiple or not total else score / total), 3
            ),
        )
        for label, score in scores.items()
    ]
    return sorted(judged, key=lambda each: -each.confidence)


def _within(sign: Stems, keyword: Stems) -> bool:
    width = len(sign)
    return any(keyword[start : start + width] == sign for start in range(len(keyword) - width + 1))


def _pattern(sign: str) -> str | None:
    """What stands between slashes."""
    return sign[1:-1] if len(sign) > 2 and sign.startswith("/") and sign.endswith("/") else None
