"""The one place that knows the HTML parser. All else sees elements and a few of their methods."""

import codecs
import re
from typing import Final

from turbohtml import Document, Element, Namespace, Node, Text, parse

__all__ = ["Document", "Element", "Namespace", "Node", "Text", "attribute", "parse_html", "text_of"]

_XML_ENCODING: Final = re.compile(
    rb"""\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*["'](?!utf-?16)([a-z0-9._:-]{1,40})["']""", re.IGNORECASE
)


def parse_html(body: bytes, charset: str = "") -> Document:
    """Parse bytes into a tree, by the rules of browsers.

    `charset` is the one of the HTTP header. Without a usable one, the byte order mark, the XML declaration,
    the `meta` element and the bytes themselves decide, in this order. A byte order mark beats even the header:
    it is part of the text itself.
    """
    declared = _XML_ENCODING.match(body[:1024])
    for label in (charset, declared[1].decode("ascii") if declared else ""):
        document = _parse_as(body, label) if label else None
        if document is not None:
            return document
    return parse(body, positions=False, detect_encoding=True)


def attribute(element: Element, name: str) -> str:
    """The value of an attribute without outer white space; empty if there is none."""
    return (element.attr(name) or "").strip()


def text_of(node: Node | None) -> str:
    """The text of a node on one line, white space collapsed; empty without a node."""
    return " ".join(node.text.split()) if node is not None else ""


def _parse_as(body: bytes, label: str) -> Document | None:
    """The tree, or None if neither the web nor Python (`latin-1`) knows such a charset."""
    for name in (label, _name_in_python(label)):
        try:
            return parse(body, positions=False, encoding=name)
        except LookupError:
            continue
    return None


def _name_in_python(label: str) -> str:
    try:
        return codecs.lookup(label).name
    except LookupError:
        return label
