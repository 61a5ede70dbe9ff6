"""Who, what, where and when: the names, dates, identifiers and amounts in a document, with where it first stands."""

import re
from collections.abc import Iterable, Iterator
from re import Pattern
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from quaero.agents import Reading
from quaero.agents.entity_rules import AMOUNTS, EMAILS, IDENTIFIERS, URLS, dates
from quaero.agents.names import names
from quaero.agents.text.outline import Outline, outline_of
from quaero.agents.text.passages import MOST_CHARACTERS, Kind, readable

AGENT_TYPE = "entity_extractor"
_LONGEST, _LONGEST_SENTENCE = 500, 300
_MOST_DISTINCT: Final = 5_000
"""Different entities of one kind that are counted in a document."""

EntityKind = Literal["people", "organisations", "places", "dates", "identifiers", "emails", "urls", "amounts"]
KINDS: Final[tuple[EntityKind, ...]] = (
    "people",
    "organisations",
    "places",
    "dates",
    "identifiers",
    "emails",
    "urls",
    "amounts",
)


_MARKS: Final = re.compile(r"[*_`\\]")


class EntityOptions(BaseModel):
    """`kinds`: which are wanted. `max_entities`: of each kind, those that are named most often."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    kinds: Annotated[list[EntityKind], Field(min_length=1, max_length=8, examples=[["people", "dates"]])] = (
        list(KINDS)
    )
    max_entities: Annotated[int, Field(ge=1, le=100, examples=[20])] = 20


class Entity(BaseModel):
    """`text`: as it is first written. `value`: of a date, its ISO form. `sentence`: the first that names it."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=_LONGEST)]
    count: Annotated[int, Field(ge=1)]
    sentence: Annotated[str, Field(max_length=_LONGEST_SENTENCE)]
    value: Annotated[str, Field(max_length=40)] | None = None


Entities = Annotated[list[Entity], Field(max_length=100)]


class EntityAnswer(BaseModel):
    """Of each kind those that are named most often, the most frequent first."""

    model_config = ConfigDict(extra="forbid")

    people: Entities = []
    organisations: Entities = []
    places: Entities = []
    dates: Entities = []
    identifiers: Entities = []
    emails: Entities = []
    urls: Entities = []
    amounts: Entities = []


class EntityExtractor:
    """Finds what its form or a neighbouring word gives away."""

    agent_type = AGENT_TYPE
    version = "1"
    options_model = EntityOptions
    answer_model = EntityAnswer

    def answer(self, reading: Reading, options: EntityOptions) -> EntityAnswer:
        found = {kind: _Counted() for kind in options.kinds}
        for sentence, kind, text, value in _all(reading, outline_of(reading)):
            if kind in found:
                found[kind].add(text, sentence, value)
        return EntityAnswer.model_validate(
            {kind: counted.most_frequent(options.max_entities) for kind, counted in found.items()}
        )

    def instructions(self, reading: Reading, options: EntityOptions) -> str:
        return (
            f"List the {', '.join(options.kinds)} that the document names, up to {options.max_entities} of each kind,"
            " the most frequent first; leave all other lists empty. Give each as it is written, how often it is named,"
            " and the first sentence that names it, shortened to 300 characters. `value` is the ISO form of a date,"
            " else null."
        )

    def fitted(self, answer: EntityAnswer, reading: Reading, options: EntityOptions) -> EntityAnswer:
        """The wanted kinds, and of those only what the document says."""
        said = _bare(f"{reading.title}\n{reading.text}")
        kept = {
            kind: [each for each in getattr(answer, kind) if _bare(each.text) in said][: options.max_entities]
            for kind in options.kinds
        }
        return EntityAnswer.model_validate(kept)


def _bare(text: str) -> str:
    """Letters and what stands between them, without Markdown's marks."""
    return " ".join(_MARKS.sub("", text).split()).casefold()


class _Counted:
    """The entities of one kind, by what they are."""

    def __init__(self) -> None:
        self._found: dict[str, Entity] = {}

    def add(self, text: str, sentence: str, value: str | None) -> None:
        key = value or text.casefold()
        known = self._found.get(key)
        if known is not None:
            known.count += 1
        elif text and len(self._found) < _MOST_DISTINCT:
            shown = sentence[:_LONGEST_SENTENCE]
            self._found[key] = Entity(text=text[:_LONGEST], count=1, sentence=shown, value=value)

    def most_frequent(self, most: int) -> list[Entity]:
        return sorted(self._found.values(), key=lambda each: -each.count)[:most]


Finding = tuple[str, str, str, str | None]
"""The sentence, the kind, the text, and the value where it has one."""


def _all(reading: Reading, outline: Outline) -> Iterator[Finding]:
    stop = outline.language.stop
    title = [outline.title] if outline.title else []
    for text in [*title, *(sentence.text for sentence in outline.sentences)]:
        yield from _formed(text)
    for sentence in outline.sentences:
        if sentence.kind is not Kind.HEADING:  # where every word may have a capital letter
            yield from ((sentence.text, *named, None) for named in names(sentence.text, stop))
    own = _site(reading.url)
    for line in _lines_with(reading.text, "://"):
        yield from ((line.strip(), "urls", url, None) for url in _urls(line) if not own or _site(url) != own)


def _formed(text: str) -> Iterator[Finding]:
    """What is found by its form alone. Most sentences have no sign of any of these."""
    if any(character.isdigit() for character in text):
        yield from ((text, "dates", dated.text, dated.iso) for _, dated in dates(text))
        yield from _matches(text, "identifiers", IDENTIFIERS)
        yield from _matches(text, "amounts", AMOUNTS)
    if "@" in text:
        yield from _matches(text, "emails", EMAILS)


def _matches(text: str, kind: EntityKind, pattern: Pattern[str]) -> Iterator[Finding]:
    return ((text, kind, " ".join(match[0].split()), None) for match in pattern.finditer(text))


def _lines_with(markdown: str, sign: str) -> Iterable[str]:
    return (line for line in readable(markdown[:MOST_CHARACTERS]).splitlines() if sign in line)


def _site(url: str) -> str:
    """Scheme and host: links of a page to its own site are no find."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{re.split('[/?#]', rest, maxsplit=1)[0]}".casefold() if rest else ""


def _urls(line: str) -> Iterator[str]:
    """The URLs of a line, without the punctuation behind them."""
    for match in URLS.finditer(line):
        url = match[0].rstrip(".,;:!?*_")
        while url.endswith(")") and url.count(")") > url.count("("):
            url = url[:-1].rstrip(".,;:!?")
        yield url
