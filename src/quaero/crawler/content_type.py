"""What kind of page a response is: its content type decides, never the end of its URL."""

from email.message import Message
from typing import Final, Literal

PageKind = Literal["html", "markdown", "text"]

_KINDS: Final[dict[str, PageKind]] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/markdown": "markdown",
    "text/x-markdown": "markdown",
    "text/plain": "text",
}
_SNIFFED: Final = 1024


def page_kind(content_type: str, body: bytes) -> PageKind | None:
    """The kind of page that a `Content-Type` header announces; None if it is nothing that can be read here.

    Only where a server announces no type at all, the first bytes tell HTML from text.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    return _KINDS.get(media_type) if media_type else _sniffed_kind(body[:_SNIFFED])


def charset_of(content_type: str) -> str:
    """The `charset` parameter of a `Content-Type` header; empty if it has none."""
    if ";" not in content_type:
        return ""
    header = Message()
    header["Content-Type"] = " ".join(content_type.split())
    return header.get_content_charset() or ""


def _sniffed_kind(start: bytes) -> PageKind | None:
    if b"\0" in start:
        return None
    return "html" if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else "text"
