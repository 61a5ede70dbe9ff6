"""From the Markdown of a document to the form in which somebody wants it. Knows nothing of jobs or the store."""

from typing import Any, Final, Literal

import msgspec

InputFormat = Literal["html", "markdown", "text"]
OutputFormat = Literal["markdown", "text", "html", "jsonl"]

ENDINGS: Final[dict[InputFormat, tuple[str, ...]]] = {
    "html": (".html", ".htm", ".xhtml"),
    "markdown": (".md", ".markdown"),
    "text": (".txt", ".text"),
}
"""Of the names of files that are read."""

SUFFIXES: Final[dict[OutputFormat, str]] = {
    "markdown": ".md",
    "text": ".txt",
    "html": ".html",
    "jsonl": ".jsonl",
}
MEDIA_TYPES: Final[dict[OutputFormat, str]] = {
    "markdown": "text/markdown",
    "text": "text/plain",
    "html": "text/html",
    "jsonl": "application/jsonl",
}


class Page(msgspec.Struct, frozen=True):
    """What is written. `url`: of its source. `facts`: what else is known of that, for the formats with room for it."""

    title: str
    markdown: str
    url: str = ""
    language: str = ""
    facts: dict[str, Any] = {}
