"""From the bytes of one response to everything that is kept of the page.

This module runs in small child processes: it must stay light to import.
"""

from typing import Final, Literal
from urllib.parse import unquote

import msgspec
import zstandard

from quaero.crawler.content_type import charset_of, page_kind
from quaero.crawler.html_tree import parse_html
from quaero.crawler.links import base_of, find_links
from quaero.crawler.main_content import content_of
from quaero.crawler.markdown import to_markdown
from quaero.crawler.metadata import Metadata, read_metadata
from quaero.crawler.plain_text import decode_text, markdown_links, markdown_title
from quaero.crawler.scope import ScopeRules
from quaero.models.document import content_hash
from quaero.models.errors import FetchError

Extract = Literal["main", "full"]

_ZSTD_LEVEL: Final = 3


class ParseRequest(msgspec.Struct, frozen=True):
    """One response to read. `url` is the normal URL it came from in the end, `content_type` its header."""

    body: bytes
    url: str
    content_type: str
    scope: ScopeRules
    extract: Extract = "main"


class ParsedPage(msgspec.Struct, frozen=True):
    """What is kept of a page. Empty strings stand for what the page does not say.

    `links` are normal URLs in scope, in document order; `links_found` counts all that lead to a page, in scope
    or not. A page that asks robots not to follow it has no links. `content_hash` covers title and Markdown;
    `source` is the body, compressed with zstd.
    """

    title: str
    description: str
    language: str
    canonical: str | None
    links: tuple[str, ...]
    links_found: int
    markdown: str
    content_hash: str
    source: bytes
    index: bool
    follow: bool


def parse_page(request: ParseRequest) -> ParsedPage:
    """Read one response. Raises FetchError if its content type is none that can be read."""
    kind = page_kind(request.content_type, request.body)
    if kind is None:
        raise FetchError(
            f"cannot read pages of type {request.content_type or 'unknown'!r}",
            code="unsupported_content_type",
            where=request.url,
        )
    if kind == "html":
        return _parse_html(request)
    return _parse_text(request, is_markdown=kind == "markdown")


def _parse_html(request: ParseRequest) -> ParsedPage:
    document = parse_html(request.body, charset_of(request.content_type))
    base = base_of(document, request.url)
    metadata = read_metadata(document, base)
    links = find_links(document, base)
    markdown = to_markdown(content_of(document, request.extract), base)
    return _page(request, metadata, links, markdown)


def _parse_text(request: ParseRequest, *, is_markdown: bool) -> ParsedPage:
    text = decode_text(request.body, charset_of(request.content_type))
    title = markdown_title(text) if is_markdown else ""
    links = markdown_links(text, request.url) if is_markdown else ()
    metadata = Metadata(title=title, description="", language="", canonical=None, index=True, follow=True)
    return _page(request, metadata, links, text)


def _page(request: ParseRequest, metadata: Metadata, links: tuple[str, ...], markdown: str) -> ParsedPage:
    title = metadata.title or _last_segment(request.url)
    return ParsedPage(
        title=title,
        description=metadata.description,
        language=metadata.language,
        canonical=metadata.canonical,
        links=tuple(filter(request.scope.permitting(), links)) if metadata.follow else (),
        links_found=len(links),
        markdown=markdown,
        content_hash=content_hash(title, markdown),
        source=zstandard.compress(request.body, _ZSTD_LEVEL),
        index=metadata.index,
        follow=metadata.follow,
    )


def _last_segment(url: str) -> str:
    """The name of a page that gives itself none: the last part of its path, or its host."""
    path = url.partition("?")[0].rstrip("/")
    return unquote(path.rpartition("/")[2])
