"""Text that a page holds twice, once for wide screens and once for small ones, or quoted in every answer."""

from typing import Final

from quaero.crawler.html_tree import Element, text_of

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
    """Blocks whose text came before, without those that only wrap or fill another block of the same text."""
    seen: set[str] = set()
    repeated: list[Element] = []
    texts: dict[Element, str] = {}
    for block in content.select(_BLOCKS):
        text = text_of(block)
        if len(text) > _MAX_LENGTH or text.count(" ") < _LEAST_WORDS - 1:
            continue
        texts[block] = text
        if text in seen and not _fills_its_parent(block, text, texts):
            repeated.append(block)
        seen.add(text)
    return repeated


def _fills_its_parent(block: Element, text: str, texts: dict[Element, str]) -> bool:
    parent = block.parent
    if not isinstance(parent, Element):
        return False
    return (texts[parent] if parent in texts else text_of(parent)) == text
