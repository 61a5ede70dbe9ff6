"""The one place that knows the Markdown parser. HTML in the Markdown of strangers is text like any other."""

from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

__all__ = ["Token", "parser"]


@cache
def parser() -> MarkdownIt:
    """CommonMark with tables and deletions, as the crawler writes it."""
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
