"""Pages that are text or Markdown already."""

import codecs
import re
from typing import Final

from quaero.crawler.links import resolve_all

_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FENCED: Final = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1|\Z)", re.MULTILINE | re.DOTALL)
_CODE_SPAN: Final = re.compile(r"`[^`\n]*`")
_LINK: Final = re.compile(
    r"\]\(\s*<?([^\s<>()]+)|^ {0,3}\[[^\]\n]+\]:\s*<?([^\s<>]+)|<(https?://[^\s<>]+)>", re.M
)
_HEADING: Final = re.compile(r"^ {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*$", re.MULTILINE)


def decode_text(body: bytes, charset: str) -> str:
    """The text of a body: by its byte order mark, the header's charset, UTF-8, or else Windows' Latin letters."""
    for mark, name in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return _tidy(body[len(mark) :].decode(name, "replace"))
    for name in (charset, "utf-8"):
        try:
            return _tidy(body.decode(name))
        except (LookupError, UnicodeDecodeError):
            continue
    return _tidy(body.decode("cp1252", "replace"))


def markdown_title(markdown: str) -> str:
    """The first heading; empty if there is none."""
    heading = _HEADING.search(_without_code(markdown))
    return heading[1] if heading else ""


def markdown_links(markdown: str, url: str) -> tuple[str, ...]:
    """The distinct normal URLs that Markdown links to, in order; examples in code are no links."""
    matches = _LINK.finditer(_without_code(markdown))
    return resolve_all(url, (match[1] or match[2] or match[3] for match in matches))


def _without_code(markdown: str) -> str:
    return _CODE_SPAN.sub("", _FENCED.sub("", markdown))


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip("\n")
