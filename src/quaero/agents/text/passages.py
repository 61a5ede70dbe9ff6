"""Markdown as an agent reads it: passages of plain text, without code, markup, link targets and front matter.

Every rule looks at one line, or at a stretch of bounded length within it, so that reading takes linear time.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final

MOST_CHARACTERS: Final = 200_000
"""Of a document; what is behind them is not read. That is a book of 100 pages."""

MOST_PASSAGES: Final = 20_000

_MOST_FRONT_MATTER_LINES = 200
_FENCE = re.compile(r" {0,3}(?:>[ \t]?)*(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]+|$)")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-{2,})[ \t]*$")
_RULE = re.compile(r"[ \t]*(?:[-*_][ \t]*){3,200}$")
_ITEM = re.compile(r"[ \t]{0,40}(?:[-*+]|\d{1,9}[.)])(?:[ \t]+|$)(?:\[[ xX]\][ \t]+)?")
_QUOTE = re.compile(r"[ \t]{0,3}(?:>[ \t]?){1,20}")
_TABLE_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-{1,200}:?[ \t]*(?:\|[ \t]*:?-{1,200}:?[ \t]*){0,200}\|?[ \t]*$")
_DEFINITION = re.compile(r" {0,3}\[[^\[\]]{1,300}\]:")
_CODE = re.compile(r"(?<!`)`{1,2}(?!`)([^`]{1,500})(?<!`)`{1,2}(?!`)")
_IMAGE = re.compile(r"!\[([^\[\]]{0,1000})\]\([^()]{0,2000}(?:\([^()]{0,500}\)[^()]{0,2000})?\)")
_LINK = re.compile(
    r"\[([^\[\]]{0,1000})\](?:\([^()]{0,2000}(?:\([^()]{0,500}\)[^()]{0,2000})?\)|\[[^\[\]]{0,300}\])"
)
_ADDRESS = re.compile(r"<?\b(?:https?|ftp|mailto|file)://?[^\s<>]{0,2000}[^\s<>.,;:!?*_]>?", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,1000}>")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_EMPHASIS = re.compile(r"(?<![\w\\])[*_~]{1,3}(?=\S)|(?<=[^\s\\])[*_~]{1,3}(?!\w)|\*{2,3}")


class Kind(StrEnum):
    HEADING = "heading"
    TEXT = "text"
    ITEM = "item"
    CELL = "cell"


@dataclass(frozen=True, slots=True)
class Passage:
    """Text that belongs together: a heading, a paragraph, an entry of a list, a cell of a table."""

    kind: Kind
    text: str


def passages(markdown: str) -> list[Passage]:
    """The passages of the first `MOST_CHARACTERS` of a document, in order; empty ones are left out."""
    text = readable(markdown[:MOST_CHARACTERS]).replace("\r\n", "\n").replace("\r", "\n")
    read = _Reader().read(_without_front_matter(text.split("\n")))
    return list(islice((passage for passage in read if passage.text), MOST_PASSAGES))


def readable(text: str) -> str:
    """The text with question marks for what is no Unicode (halves of surrogate pairs)."""
    return text.encode("utf-8", "replace").decode()


def plain(text: str) -> str:
    """A stretch of Markdown within one passage as plain text on one line."""
    text = _IMAGE.sub(r"\1", text)
    text = _LINK.sub(r"\1", text)
    text = _ADDRESS.sub(" ", text)
    text = _CODE.sub(r"\1", text)
    text = _TAG.sub(" ", text)
    text = _EMPHASIS.sub("", text)
    text = _ESCAPE.sub(r"\1", text)
    return " ".join(html.unescape(text).split())


class _Reader:
    """Goes over the lines once, with the paragraph that is being collected."""

    def __init__(self) -> None:
        self._kind, self._lines = Kind.TEXT, list[str]()

    def read(self, lines: list[str]) -> Iterator[Passage]:
        fence, after_blank = "", True
        for line in lines:
            if fence:
                if line.strip(" \t>").startswith(fence):
                    fence = ""
            elif opened := _FENCE.match(line):
                yield from self._end()
                fence = opened[1]
            elif not (after_blank and self._is_code(line)):
                yield from self._take(line)
            after_blank = not line.strip()
        yield from self._end()

    def _is_code(self, line: str) -> bool:
        return self._kind is not Kind.ITEM and line.startswith(("    ", "\t")) and not _ITEM.match(line)

    def _take(self, line: str) -> Iterator[Passage]:
        bare = _QUOTE.sub("", line) if line.lstrip().startswith(">") else line
        if not bare.strip():
            yield from self._end()
        elif _UNDERLINE.match(bare) and self._lines and self._kind is Kind.TEXT:
            self._kind = Kind.HEADING
            yield from self._end()
        elif heading := _HEADING.match(bare):
            yield from self._end()
            yield Passage(Kind.HEADING, plain(bare[heading.end() :].rstrip(" \t#")))
        elif _RULE.match(bare) or _DEFINITION.match(bare) or ("|" in bare and _TABLE_RULE.match(bare)):
            yield from self._end()
        elif bare.lstrip().startswith("|"):
            yield from self._end()
            yield from (Passage(Kind.CELL, plain(cell)) for cell in _cells(bare))
        else:
            yield from self._add(bare)

    def _add(self, line: str) -> Iterator[Passage]:
        if item := _ITEM.match(line):
            yield from self._end()
            self._kind, line = Kind.ITEM, line[item.end() :]
        elif not self._lines and not line.startswith((" ", "\t")):
            self._kind = Kind.TEXT
        self._lines.append(line)

    def _end(self) -> Iterator[Passage]:
        if self._lines:
            yield Passage(self._kind, plain("\n".join(self._lines)))
            self._lines = []
            if self._kind is Kind.HEADING:
                self._kind = Kind.TEXT


def _cells(line: str) -> list[str]:
    return line.replace("\\|", "\N{FULLWIDTH VERTICAL LINE}").strip(" \t|").split("|")


def _without_front_matter(lines: list[str]) -> list[str]:
    if lines and lines[0].strip() in ("---", "+++"):
        mark = lines[0].strip()
        for number, line in enumerate(lines[1:_MOST_FRONT_MATTER_LINES], start=1):
            if line.strip() == mark:
                return lines[number + 1 :]
    return lines
