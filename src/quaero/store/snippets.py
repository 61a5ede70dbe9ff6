"""The part of a text that shows best why it was found, in pieces that are matches and pieces that are not."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Final, NamedTuple

from quaero.search.clauses import AnyOf, Clause, Term
from quaero.search.query import Query
from quaero.store.words import places_of, words_of

WORDS: Final = 32
"""How many words a snippet has."""

Pieces = tuple[tuple[str, bool], ...]
"""A text in parts, each with whether it was looked for."""

_MARK: Final = "\x02"
"""Around matches, while a snippet is put together; a text that has this character gets a space instead."""

_NEAR: Final = 200
"""Characters of about so many words."""

_AROUND: Final = 400
_PLACES_A_PHRASE: Final = 100
_ATTEMPTS: Final = 5
_READ_ALL: Final = 100_000
_NON_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_BYTE_OF_WORD: Final = re.compile(r"[^\x00-/:-@\[-`{-\x7f]")


class Phrase(NamedTuple):
    """Stems in order; `prefix`: the last one may go on."""

    stems: tuple[str, ...]
    prefix: bool = False


class _Match(NamedTuple):
    """Words from `first` up to, not with, `end`; `phrase` is the number of what was found."""

    first: int
    end: int
    phrase: int


def looked_for(query: Query) -> list[Phrase]:
    """What is marked of a query: what its documents must or may have in their text."""
    terms = chain.from_iterable(map(terms_of, (*query.required, *query.optional)))
    return [Phrase(tuple(words_of(" ".join(term.words))), term.prefix) for term in terms if not term.column]


def terms_of(clause: Clause) -> tuple[Term, ...]:
    return clause.terms if isinstance(clause, AnyOf) else (clause,)


def pieces_of(text: str, phrases: Sequence[Phrase]) -> Pieces:
    """About `WORDS` words around the most different matches, on one line; the beginning when there are none."""
    parts = " ".join(_found(text, phrases).split()).split(_MARK)
    return tuple((part, bool(number % 2)) for number, part in enumerate(parts) if part)


def unmarked(text: str) -> Pieces:
    """A text without matches, on one line."""
    return ((" ".join(text.split()), False),)


def snippet(text: str, phrases: Sequence[Phrase]) -> str:
    """The same as it is written, its matches marked `**so**`."""
    return _found(text, phrases).replace(_MARK, "**")


def _found(text: str, phrases: Sequence[Phrase]) -> str:
    phrases = [phrase for phrase in phrases if phrase.stems]
    for begin in _good_places(text, phrases):
        start, end = max(0, begin - _AROUND), begin + _NEAR + _AROUND
        found = _cut(text, _to_space(text, start), end, phrases)
        if found:
            return found
    return _cut(text, 0, _READ_ALL, phrases) or _cut(text, 0, 2 * _AROUND, (), always=True)


def _good_places(text: str, phrases: Sequence[Phrase]) -> list[int]:
    """Where windows begin that seem to have the most different phrases, then the most matches; the best ones."""
    folded = _folded(text)
    seen = sorted({(at, number) for number, each in enumerate(phrases) for at in _maybe_at(folded, each)})
    windows = []
    end = 0
    for start, (at, _) in enumerate(seen):
        end = max(end, start)
        while end < len(seen) and seen[end][0] < at + _NEAR:
            end += 1
        different = len({number for _, number in seen[start:end]})
        windows.append((-different, start - end, at))
    return [at for _, _, at in sorted(windows)[:_ATTEMPTS]]


def _maybe_at(folded: str, phrase: Phrase) -> Iterator[int]:
    """Beginnings of words that may have the stem: its last letter may differ from the word's."""
    root = phrase.stems[0][: max(1, len(phrase.stems[0]) - 1)]
    at = folded.find(root)
    for _ in range(_PLACES_A_PHRASE):
        if at < 0:
            return
        if not at or not _BYTE_OF_WORD.match(folded[at - 1]):
            yield at
        at = folded.find(root, at + 1)


def _folded(text: str) -> str:
    """Small letters without accents, character by character as the index has them."""
    if not text.isascii():
        text = _NON_ASCII.sub(lambda found: _plain(found[0]), text)
    lower = text.lower()
    return lower if len(lower) == len(text) else text


@cache
def _plain(character: str) -> str:
    """Of the 150,000 characters that there are."""
    found = words_of(character)
    return found[0] if found and len(found[0]) == 1 else " "


def _to_space(text: str, start: int) -> int:
    """A place between words, at `start` or soon after it."""
    if not start:
        return 0
    space = re.compile(r"\s").search(text, start, start + 100)
    return space.end() if space else start


def _cut(text: str, start: int, end: int, phrases: Sequence[Phrase], *, always: bool = False) -> str:
    """The snippet of this part of the text; empty without a match, unless `always`."""
    part = text[start:end].replace(_MARK, " ").encode(errors="replace")
    places = places_of(part)
    stems = [stem for _, _, stem in places]
    matches = sorted(match for number, each in enumerate(phrases) for match in _matches(stems, each, number))
    if not places or not (matches or always):
        return " ".join(part.decode().split()[:WORDS]) if always else ""
    first, last = _window(matches, len(places))
    shown = _marked(
        part, places, [each for each in matches if first <= each.first and each.end <= last], first, last
    )
    before = " … " if start or first else ""
    after = " … " if last < len(places) or end < len(text) else ""
    return before + shown + after


def _matches(stems: Sequence[str], phrase: Phrase, number: int) -> Iterator[_Match]:
    wanted = phrase.stems
    *exact, last = wanted
    for first in range(len(stems) - len(wanted) + 1):
        end = first + len(wanted)
        found = stems[end - 1]
        if (found.startswith(last) if phrase.prefix else found == last) and stems[first : end - 1] == exact:
            yield _Match(first, end, number)


def _window(matches: Sequence[_Match], words: int) -> tuple[int, int]:
    """The first word and the one after the last: the most different phrases, then the most matches, in the middle."""
    best, chosen = (-1, 0), (0, 0)
    for start, match in enumerate(matches):
        limit = match.first + WORDS
        stop = bisect_left(matches, (limit,), start)
        inside = [each for each in matches[start:stop] if each.end <= limit]
        value = len({each.phrase for each in inside}), len(inside)
        if inside and value > best:
            best, chosen = value, (match.first, max(each.end for each in inside))
    first = max(0, min(chosen[0] - max(0, WORDS - (chosen[1] - chosen[0])) // 2, words - WORDS))
    return first, min(words, first + WORDS)


def _marked(
    part: bytes, places: Sequence[tuple[int, int, str]], matches: Sequence[_Match], first: int, last: int
) -> str:
    """The words from `first` to before `last`. Matches that touch are marked as one."""
    at = places[first][0] if first else 0
    end = places[last - 1][1] if last < len(places) else len(part)
    pieces: list[bytes] = []
    marked_to = -1
    for match in matches:
        begin, stop = places[match.first][0], places[match.end - 1][1]
        if begin < marked_to:
            if stop <= marked_to:
                continue
            pieces[-1:] = [part[at:stop], _MARK.encode()]
        else:
            pieces += [part[at:begin], _MARK.encode(), part[begin:stop], _MARK.encode()]
        at = marked_to = stop
    pieces.append(part[at:end])
    return b"".join(pieces).decode(errors="replace")
