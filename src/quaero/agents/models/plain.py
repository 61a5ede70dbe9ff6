"""Text without anything that a page, a terminal or a language model takes for more than text."""

import re
from collections.abc import Callable, Collection
from typing import Any

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Controls, marks of direction, and characters without a shape, in which words can be hidden."""

_JOINER = re.compile(
    "(?<![\u02b0-\u1fff\u2070-\U000dffff])[\u200c\u200d]|[\u200c\u200d](?![\u02b0-\u1fff\u2070-\U000dffff])"
)
"""Joiners that join nothing; between letters of some scripts they belong to the word."""

_LINK = re.compile(r"(!?)\[([^\[\]]{0,1000})\]\(((?:[^()]|\([^()]{0,200}\)){0,4000})\)")
_AUTOLINK = re.compile(r"<([a-z][a-z0-9+.-]{1,31}:[^\s<>]*|[^\s<>@]{1,200}@[^\s<>]{1,200})>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:a|applet|audio|base|body|button|embed|form|frame|frameset|html|iframe|image|img|input|link|math|meta|"
    r"object|picture|script|source|style|svg|template|textarea|track|video)\b[^<>]{0,4000}>?"
    r"|<[a-z][^<>]{0,4000}\b(?:src|href|style|on[a-z]+)\s*=[^<>]{0,4000}>?",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]{0,20}://|(?<![a-z0-9])(?:www\.|(?:javascript|data|vbscript|file):(?=\S))|(?<!\S)//(?=\w))"
    r"[^\s<>\"'`\])}]*",
    re.IGNORECASE,
)
_AFTER = ".,;:!?"
"""Marks that end a sentence, not an address."""

REMOVED = "[address removed]"

MOST_ROUNDS = 10
"""What is inside of what was taken away may be another link or tag; so often it is looked for."""


def without_invisible(text: str) -> str:
    """The text without controls and hidden characters; line breaks and tabs stay."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _JOINER.sub("", _INVISIBLE.sub("", lines))


def addresses_in(text: str) -> frozenset[str]:
    """All that a page could make a link of."""
    return frozenset(found[0].rstrip(_AFTER) for found in _ADDRESS.finditer(text))


def plain(text: str, known: Collection[str] = ()) -> str:
    """An answer's text as plain text: of links and images what they show, and no address but the known ones.

    So nothing in it loads anything or leads to an address that the model has made up. `ValueError` for what is packed
    into itself again and again.
    """
    text = without_invisible(text)
    for _ in range(MOST_ROUNDS):
        before = len(text)
        text = _AUTOLINK.sub(r"\1", _TAG.sub("", _LINK.sub(_shown, text)))
        if len(text) == before:
            break
    else:
        raise ValueError("links or tags inside of others")
    text = text.replace("](", "] (").replace("![", "! [").replace("]:", "] :")
    return _ADDRESS.sub(lambda found: _known(found[0], known), text).strip()


def _shown(link: re.Match[str]) -> str:
    """What a link or image shows; brackets of another kind stay."""
    leads = link[1] or any(mark in link[3] for mark in "/:")
    return link[2] if leads else link[0]


def _known(address: str, known: Collection[str]) -> str:
    return address if address.rstrip(_AFTER) in known else REMOVED


def each_text(value: Any, change: Callable[[str], str]) -> Any:
    """A value of JSON with every text in it changed, keys too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [each_text(item, change) for item in value]
    if isinstance(value, dict):
        return {change(key): each_text(item, change) for key, item in value.items()}
    return value
