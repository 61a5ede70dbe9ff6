"""The tables of the documentation that pages show: every word of the glossary, every error code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

PACKAGED: Final = Path(__file__).parent / "docs"
"""Where the documentation is in an installed package."""
CHECKOUT: Final = Path(__file__).parents[3] / "docs"
_HEADING = re.compile(r"(?:#{2,} +|<!-- table: )(.+?)(?: -->)?")
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_CELL_END = re.compile(r"(?<!\\)\|")

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """An error code. `group`: the heading that it stands under; `exit`: what a command ends with, "" for others."""

    code: str
    group: str
    meaning: str
    remedy: str
    exit: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the glossary."""

    word: str
    meaning: str


@cache
def errors() -> tuple[Explained, ...]:
    """All codes, in the order of the documentation."""
    return tuple(_explained())


def explained(code: str) -> Explained | None:
    """What a code means; a family such as `http_*` explains its members. None: it is not one of ours."""
    for each in errors():
        if each.code == code:
            return each
    families = [each for each in errors() if each.code.endswith("*")]
    return next((each for each in families if code.startswith(each.code[:-1])), None)


@cache
def glossary() -> tuple[Word, ...]:
    """All words, in the order of the documentation."""
    return tuple(Word(cells[0], cells[1]) for _, _, cells in _rows("glossary.md"))


@cache
def meanings() -> dict[str, dict[str, str]]:
    """What the keys of definitions mean: by action or table, then by key; links are their text."""
    found: dict[str, dict[str, str]] = {}
    for table, _, cells in _rows("write-a-definition.md"):
        found.setdefault(table, {})[cells[0].strip("`")] = _LINK.sub(r"\1", cells[-1])
    return found


def parts(text: str) -> list[tuple[str, bool]]:
    """A text of the documentation in pieces, each with whether it is code; links are their text."""
    pieces = _CODE.split(_LINK.sub(r"\1", text))
    return [(piece, number % 2 == 1) for number, piece in enumerate(pieces) if piece]


def _explained() -> Iterator[Explained]:
    for group, head, cells in _rows("errors.md"):
        of = dict(zip(head, cells, strict=False))
        for code in _CODE.findall(cells[0]):
            exit_code = of.get("exit", "")
            yield Explained(code, group, of.get("meaning", ""), of.get("what to do", ""), exit_code)


def _rows(name: str) -> Iterator[tuple[str, Cells, Cells]]:
    """The rows of all tables of a page: the heading or name of the table, names of the columns, cells."""
    heading = ""
    head: Cells = ()
    for line in _page(name).read_text(encoding="utf-8").splitlines():
        if found := _HEADING.fullmatch(line):
            heading = found[1]
        if not line.startswith("|"):
            head = ()
            continue
        cells = tuple(cell.strip().replace("\\|", "|") for cell in _CELL_END.split(line.strip().strip("|")))
        if not head:
            head = cells
        elif set(cells[0]) - set("-: "):
            yield heading, head, cells


def _page(name: str) -> Path:
    """A page of the package, or of the checkout that runs."""
    packaged = PACKAGED / name
    return packaged if packaged.is_file() else next(CHECKOUT.rglob(name))
