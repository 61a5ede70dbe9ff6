"""What is different between two versions of a document, line by line, with the words that changed in a line."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from quaero.store.document_reads import DocumentVersion
    from quaero.store.store import Store

AROUND: Final = 3
"""Lines that stay the same are shown around those that differ."""

MOST_CHANGES: Final = 800
"""Of so many removed and added lines it is told which ones; the time to find more grows with their square."""

MOST_LEFT_WHOLE: Final = 2_000
"""So many lines of each side are told where it is not told line by line."""

LONGEST_LINE: Final = 2_000
"""Characters of a line whose words are compared."""

MOST_WORDS: Final = 60
"""So many words and marks removed and added: beyond, a line counts as another one."""

_WORDS: Final = re.compile(r"\w+|\s+|[^\w\s]")
_Pieces = tuple[tuple[str, bool], ...]


class Kind(StrEnum):
    """What becomes of a line."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Line:
    """`pieces`: its text in parts, each with whether it changed; a line that changed as a whole is one part."""

    kind: Kind
    text: str
    pieces: _Pieces = ()


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that differ with some around them; `before`, `after`: the number of the first on each side, from 1."""

    before: int
    after: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """`whole`: too much differs to tell line by line; then one hunk has what was and what is, cut after many lines."""

    hunks: tuple[Hunk, ...]
    added: int
    removed: int
    whole: bool = False


def difference(before: str, after: str) -> Difference:
    """What of `before` is gone and what of `after` is new."""
    old, new = before.splitlines(), after.splitlines()
    matches = _matches(old, new, MOST_CHANGES)
    if matches is None:
        return _whole(old, new)
    opcodes = list(_opcodes(matches, len(old), len(new)))
    hunks = tuple(_hunk(old, new, group) for group in _grouped(opcodes))
    kinds = [line.kind for hunk in hunks for line in hunk.lines]
    return Difference(hunks, kinds.count(Kind.ADDED), kinds.count(Kind.REMOVED))


async def pair_of(
    store: "Store", document_id: int, before: int | None, after: int | None
) -> "tuple[DocumentVersion, DocumentVersion]":
    """Two versions of a document: without `after` the present one, without `before` the one before it.

    `NotFoundError` when one of them is not kept; what has never changed has no difference: both are the same then.
    """
    if after is None:
        after = (await store.document_versions(document_id))[0].number
    if before is None:
        before = max(1, after - 1)
    return await store.document_version(document_id, before), await store.document_version(document_id, after)


def unified(before: "DocumentVersion", after: "DocumentVersion") -> Iterator[str]:
    """The difference of two versions as lines of a patch; none when the content is the same."""
    found = difference(before.markdown or "", after.markdown or "")
    head = (("url", before.url, after.url), ("title", before.title, after.title))
    told = [(name, old, new) for name, old, new in head if old != new]
    if not (found.hunks or told):
        return
    yield f"--- version {before.number}"
    yield f"+++ version {after.number}"
    for name, old, new in told:
        yield f"-{name}: {old}"
        yield f"+{name}: {new}"
    signs = {Kind.SAME: " ", Kind.REMOVED: "-", Kind.ADDED: "+"}
    for hunk in found.hunks:
        counts = [sum(line.kind != other for line in hunk.lines) for other in (Kind.ADDED, Kind.REMOVED)]
        yield f"@@ -{hunk.before},{counts[0]} +{hunk.after},{counts[1]} @@"
        yield from (f"{signs[line.kind]}{line.text}" for line in hunk.lines)


_Opcode = tuple[bool, int, int, int, int]
"""Whether the same; from, to in what was; from, to in what is."""


def _matches(old: Sequence[str], new: Sequence[str], most: int) -> list[tuple[int, int]] | None:
    """Which of `old` are which of `new`, with as few left over as can be; None: those are more than `most`.

    The greedy algorithm of Myers (1986): `far[k]` is how far into `old` one comes on diagonal k with so many changes.
    """
    far, before = {1: 0}, []
    for changes in range(most + 1):
        before.append(far.copy())
        for k in range(-changes, changes + 1, 2):
            down = k == -changes or (k != changes and far[k - 1] < far[k + 1])
            x = far[k + 1] if down else far[k - 1] + 1
            while x < len(old) and x - k < len(new) and old[x] == new[x - k]:
                x += 1
            far[k] = x
            if x >= len(old) and x - k >= len(new):
                return _way_back(before, len(old), len(new))
    return None


def _way_back(before: list[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    matches = []
    for changes in range(len(before) - 1, -1, -1):
        far, k = before[changes], x - y
        down = k == -changes or (k != changes and far[k - 1] < far[k + 1])
        from_k = k + 1 if down else k - 1
        from_x = far[from_k] if changes else 0
        from_y = from_x - from_k if changes else 0
        while x > from_x and y > from_y:
            x, y = x - 1, y - 1
            matches.append((x, y))
        x, y = from_x, from_y
    return matches[::-1]


def _opcodes(matches: list[tuple[int, int]], olds: int, news: int) -> Iterator[_Opcode]:
    """Stretches that are the same, and what lies between them."""
    a = c = 0
    for _, numbers in groupby(enumerate(matches), lambda each: (each[1][0] - each[0], each[1][1] - each[0])):
        stretch = [pair for _, pair in numbers]
        (x, y), length = stretch[0], len(stretch)
        if (a, c) != (x, y):
            yield False, a, x, c, y
        yield True, x, x + length, y, y + length
        a, c = x + length, y + length
    if (a, c) != (olds, news):
        yield False, a, olds, c, news


def _whole(old: list[str], new: list[str]) -> Difference:
    lines = [Line(Kind.REMOVED, text, ((text, False),)) for text in old[:MOST_LEFT_WHOLE]]
    lines += [Line(Kind.ADDED, text, ((text, False),)) for text in new[:MOST_LEFT_WHOLE]]
    return Difference((Hunk(1, 1, tuple(lines)),), len(new), len(old), whole=True)


def _grouped(opcodes: list[_Opcode]) -> Iterator[list[_Opcode]]:
    """Those that belong to one hunk."""
    group: list[_Opcode] = []
    for position, (same, a, b, c, d) in enumerate(opcodes):
        if not same:
            group.append((same, a, b, c, d))
            continue
        first, last = position == 0, position == len(opcodes) - 1
        if not (first or last) and b - a <= 2 * AROUND:
            group.append((same, a, b, c, d))
            continue
        if not first:
            group.append((same, a, min(b, a + AROUND), c, min(d, c + AROUND)))
            yield group
        group = [] if last else [(same, max(a, b - AROUND), b, max(c, d - AROUND), d)]
    if any(not same for same, *_ in group):
        yield group


def _hunk(old: list[str], new: list[str], group: list[_Opcode]) -> Hunk:
    lines: list[Line] = []
    for same, a, b, c, d in group:
        if same:
            lines += [Line(Kind.SAME, text, ((text, False),)) for text in old[a:b]]
        else:
            lines += _changed(old[a:b], new[c:d])
    return Hunk(group[0][1] + 1, group[0][3] + 1, tuple(lines))


def _changed(old: list[str], new: list[str]) -> list[Line]:
    """Lines for lines: where there are as many on both sides, each is compared with its counterpart."""
    if len(old) == len(new):
        pairs = [_words(*pair) for pair in zip(old, new, strict=True)]
        gone, come = [each[0] for each in pairs], [each[1] for each in pairs]
    else:
        gone, come = _unmarked(old), _unmarked(new)
    return [
        *(Line(Kind.REMOVED, text, pieces) for text, pieces in zip(old, gone, strict=True)),
        *(Line(Kind.ADDED, text, pieces) for text, pieces in zip(new, come, strict=True)),
    ]


def _unmarked(lines: list[str]) -> list[_Pieces]:
    return [((text, False),) for text in lines]


def _words(old: str, new: str) -> tuple[_Pieces, _Pieces]:
    """Both lines in pieces, with which of them are not in the other one; unlike lines in one piece."""
    if max(len(old), len(new)) <= LONGEST_LINE:
        one, other = _WORDS.findall(old), _WORDS.findall(new)
        matches = _matches(one, other, MOST_WORDS)
        if matches and 2 * len(matches) >= min(len(one), len(other)):
            return _pieces(one, {a for a, _ in matches}), _pieces(other, {b for _, b in matches})
    return ((old, False),), ((new, False),)


def _pieces(words: list[str], same: set[int]) -> _Pieces:
    return tuple(
        ("".join(words[number] for number in numbers), not inside)
        for inside, numbers in (
            (inside, list(group)) for inside, group in groupby(range(len(words)), lambda i: i in same)
        )
    )
