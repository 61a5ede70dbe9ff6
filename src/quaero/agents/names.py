"""People, organisations and places, by the capital letters of names and short lists of words that give them away.

No model and no gazetteer of the world: a name that nothing gives away is not found.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

_PLACE_STARTS = frozenset(["Mount", "Lake", "Cape", "Fort", "Port", "Saint", "St"])
_STREET = re.compile(r"\w{3,30}(?:straße|strasse|platz|allee|gasse|ufer|damm)$")
_PARTICLES = frozenset(
    ["van", "von", "de", "der", "den", "di", "da", "del", "la", "le", "ter", "zu", "bin", "al"]
)
_JOINERS = frozenset(["of", "for", "the", "and", "für", "der", "des", "&"])
_WORD = re.compile(r"[^\W\d_](?:[\w'\u2019-]{0,40}\w)?\.?|\d{1,6}|[^\w\s]")

KIND_PEOPLE, KIND_ORGANISATIONS, KIND_PLACES = "people", "organisations", "places"
_LONGEST_NAME: Final = 8
"""Words."""


class Named(NamedTuple):
    kind: str
    text: str


def names(sentence: str, stop: frozenset[str]) -> Iterator[Named]:
    """The names in a sentence. `stop`: words of its language that begin no name, folded."""
    words = _WORD.findall(sentence)
    place = 0
    while place < len(words):
        run = _run(words, place)
        if not run:
            place += 1
            continue
        yield from _names_in(_without_stop_words(run, stop))
        place += len(run)


def _run(words: list[str], start: int) -> list[str]:
    """Capitalised words from here on, with little words between them."""
    run: list[str] = []
    for place in range(start, min(len(words), start + 3 * _LONGEST_NAME)):
        word = words[place]
        if _capital(word) or (run and _leads_to_a_name(words[place : place + 3])):
            run.append(word)
        elif not (word == "." and run and run[-1] in _listed("titles.txt")):
            break
    return run


def _leads_to_a_name(words: list[str]) -> bool:
    """Whether one or two little words stand before a capitalised one, as in "de la Cruz"."""
    little = 0
    while little < len(words) and words[little] in _PARTICLES | _JOINERS:
        little += 1
    return 0 < little < len(words) and _capital(words[little])


def _names_in(run: list[str]) -> Iterator[Named]:
    """Cut a run of capitalised words where one name ends and the next begins."""
    rest = [word.rstrip(".") if len(word) > 2 else word for word in run]
    while rest:
        named, used = _first_name(rest)
        if named is not None:
            yield named
        rest = rest[used:]


def _first_name(run: list[str]) -> tuple[Named | None, int]:
    """What the run begins with, and how many of its words that takes."""
    for find in (_titled, _organisation, _place, _person):
        found, used = find(run)
        if found is not None:
            return found, used
    return None, 1


Found = tuple[Named | None, int]
_NOTHING: Found = (None, 0)


def _titled(run: list[str]) -> Found:
    titles = 0
    while titles < len(run) and run[titles] in _listed("titles.txt"):
        titles += 1
    if titles:
        name = _up_to(run[titles:], 3)
        if name and not _is_joiner(name[0]):
            return Named(KIND_PEOPLE, " ".join(name)), titles + len(name)
    return _NOTHING


def _person(run: list[str]) -> Found:
    if len(run) < 2 or run[0] not in _listed("first_names.txt"):
        return _NOTHING
    name = _up_to(run, 4)
    if len(name) < 2:
        return _NOTHING
    return Named(KIND_PEOPLE, " ".join(name)), len(name)


def _organisation(run: list[str]) -> Found:
    for used in range(min(len(run), _LONGEST_NAME), 1, -1):
        if (
            run[used - 1] in _listed("organisation_ends.txt")
            and run[used - 1] != run[0]
            and not _is_joiner(run[0])
        ):
            return Named(KIND_ORGANISATIONS, " ".join(run[:used])), used
    if (
        run[0] in _listed("organisation_starts.txt")
        and len(run) >= 2
        and (_is_joiner(run[1]) or run[0][0].isupper())
    ):
        used = min(len(run), 5)
        while used > 1 and _is_joiner(run[used - 1]):
            used -= 1
        if used >= 2:
            return Named(KIND_ORGANISATIONS, " ".join(run[:used])), used
    return _NOTHING


def _place(run: list[str]) -> Found:
    for used in range(min(len(run), 3), 0, -1):
        text = " ".join(run[:used])
        if text in _places() and not (used == 1 and len(run) > 1 and run[0] in _listed("first_names.txt")):
            return Named(KIND_PLACES, text), used
    for used in range(min(len(run), 4), 1, -1):
        if run[used - 1] in _listed("place_ends.txt") and not any(map(_is_joiner, run[:used])):
            return Named(KIND_PLACES, " ".join(run[:used])), used
    if run[0] in _PLACE_STARTS and len(run) > 1 and not _is_joiner(run[1]):
        return Named(KIND_PLACES, " ".join(run[:2])), 2
    if _STREET.match(run[0]):
        return Named(KIND_PLACES, run[0]), 1
    return _NOTHING


def _up_to(run: list[str], most: int) -> list[str]:
    """The beginning of the run that may be the name of a person: no joiner in it, no particle at its end."""
    name: list[str] = []
    capitals = 0
    for word in run:
        if capitals == most or _is_joiner(word) or word in _listed("organisation_ends.txt"):
            break
        name.append(word)
        capitals += _capital(word)
    while name and not _capital(name[-1]):
        name.pop()
    return name


def _without_stop_words(run: list[str], stop: frozenset[str]) -> list[str]:
    while run and run[0].casefold() in stop and run[0] not in _listed("organisation_starts.txt"):
        run = run[1:]
    return run


def _is_joiner(word: str) -> bool:
    return word in _JOINERS and word not in _PARTICLES


def _capital(word: str) -> bool:
    return word[:1].isupper()


@cache
def _listed(name: str) -> frozenset[str]:
    return frozenset((files("quaero.agents.text") / "words" / name).read_text("utf-8").split())


@cache
def _places() -> frozenset[str]:
    text = (files("quaero.agents.text") / "words" / "places.txt").read_text("utf-8")
    return frozenset(place for place in text.replace("\n", "").split("|") if place)
