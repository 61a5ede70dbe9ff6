"""Markdown without its signs: what a reader would read out."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from quaero.transform.markdown_tree import Token, parser

_LISTS: Final = frozenset({"bullet_list_open", "ordered_list_open"})
_BLOCKS: Final = frozenset({"paragraph_close", "heading_close", "blockquote_close", "table_close"})
_ENDINGS: Final = {"td_close": "\t", "th_close": "\t", "tr_close": "\n", "hr": "\n"}
_GAPS: Final = re.compile(r"\n{3,}")
_ENDS: Final = re.compile(r"[ \t]+\n")


def plain_text(markdown: str) -> str:
    """Paragraphs apart by an empty line, list items with their mark, cells apart by a tab, images by their names."""
    text = "".join(_pieces(parser().parse(markdown)))
    return _GAPS.sub("\n\n", _ENDS.sub("\n", text)).strip("\n")


def _pieces(tokens: Iterable[Token]) -> Iterator[str]:
    numbers: list[int | None] = []  # of the next item, for each list around it; None: it has no numbers
    for token in tokens:
        if token.type in _LISTS:
            numbers.append(int(token.attrGet("start") or 1) if token.type == "ordered_list_open" else None)
        elif token.type == "list_item_open":
            yield _mark(numbers)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            numbers.pop()
            yield "\n"
        else:
            yield _piece(token)


def _piece(token: Token) -> str:
    if token.type == "inline":
        return _line(token.children or ())
    if token.type in ("fence", "code_block"):
        return f"{token.content}\n"
    if token.type in _BLOCKS:
        return "\n" if token.hidden else "\n\n"
    return _ENDINGS.get(token.type, "")


def _mark(numbers: list[int | None]) -> str:
    indent, number = "  " * (len(numbers) - 1), numbers[-1]
    if number is None:
        return f"{indent}- "
    numbers[-1] = number + 1
    return f"{indent}{number}. "


def _line(children: Iterable[Token]) -> str:
    return "".join(_spoken(token) for token in children)


def _spoken(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    if token.type == "image":
        return _line(token.children or ())
    return token.content
