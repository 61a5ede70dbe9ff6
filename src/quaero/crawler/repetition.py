"""Text that a page holds twice, once for wide screens and once for small ones, or quoted in every answer."""

from collections.abc import Iterator
from typing import Final

from quaero.crawler.html_tree import Element, Node, text_of

_BLOCKS: Final = "p, li, h1, h2, h3, h4, h5, h6, div, span, dd, dt, blockquote, section, article"
_LEAST_WORDS: Final = 8
_MAX_LENGTH: Final = 3000
_LEAST_SHARE: Final = 0.05
"""Less repetition than this is the author's own."""


def drop_repetitions(content: Element) -> None:
    """Take out the later ones of equal blocks, if they are a good part of the page; code is left alone."""
    repeated = [block for block in _repeated_blocks(content) if block.closest("pre") is None]
    words = sum(len(block.text.split()) for block in repeated)
    if words < _LEAST_SHARE * len(content.text.split()):
        return
    for block in repeated:
        block.decompose()


def _repeated_blocks(content: Element) -> list[Element]:
    """Blocks whose text came before, without those that only fill another block."""
    seen: set[str] = set()
    repeated: list[Element] = []
    for block in content.select(_BLOCKS):
        text = text_of(block)
        if len(text) > _MAX_LENGTH or text.count(" ") < _LEAST_WORDS - 1:
            continue
        if text in seen and not _fills_its_parent(block):
            repeated.append(block)
        seen.add(text)
    return repeated


def _fills_its_parent(block: Element) -> bool:
    """Whether there is no text beside the block: then its parent is the one to judge."""
    return not _has_text(block.previous_siblings) and not _has_text(block.next_siblings)


def _has_text(siblings: Iterator[Node]) -> bool:
    return any(not sibling.text.isspace() for sibling in siblings if sibling.text)
