"""Words of Chinese and Japanese, which are written without spaces: a guess by script and length."""

import re
from collections.abc import Iterator

from quaero.agents.text.tokens import UNSPACED

_CONTENT = re.compile(r"[\u30a1-\u30ff]{2,}|[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]{2,}")
"""Katakana, or Han characters. Hiragana mostly writes endings and little words."""

LONGEST = 4
"""Han characters; longer runs are several words, and each stretch of two to four of them may be one."""


def unspaced_words(text: str) -> Iterator[str]:
    """What may be words, overlapping where nothing tells them apart."""
    for run in UNSPACED.findall(text):
        for piece in _CONTENT.findall(run):
            if len(piece) <= LONGEST or piece[0] <= "\u30ff":
                yield piece[:40]
            else:
                yield from _stretches(piece)


def _stretches(piece: str) -> Iterator[str]:
    for size in range(2, LONGEST + 1):
        for start in range(len(piece) - size + 1):
            yield piece[start : start + size]
