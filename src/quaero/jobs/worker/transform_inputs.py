"""What a transformation reads: the original or the Markdown of a stored document, or a file."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urljoin

from quaero.jobs.folders import file_in
from quaero.jobs.manager.each_document import DOCUMENT
from quaero.jobs.manager.each_file import FILE
from quaero.jobs.manager.transform_manager import TransformConfig
from quaero.jobs.worker import JobContext
from quaero.models.document import Document
from quaero.models.errors import JobFailure

LARGEST_FILE: Final = 50_000_000
"""Bytes."""

READ_AS: Final[Mapping[str, str]] = {"html": "text/html", "markdown": "text/markdown", "text": "text/plain"}
ORIGINALS: Final[Mapping[str, frozenset[str]]] = {
    "html": frozenset({"text/html", "application/xhtml+xml"}),
    "text": frozenset({"text/plain", "text/markdown", "text/x-markdown"}),
}


@dataclass(frozen=True, slots=True)
class Input:
    """`name`: of a file within its folder. `document`: what this is of; None for a file. `title`: empty if unknown."""

    body: bytes
    content_type: str
    url: str
    base: str
    title: str = ""
    name: str = ""
    document: Document | None = None

    def link(self) -> dict[str, Any]:
        """What leads back from a result to its source."""
        if self.document is None:
            return {"url": self.url, "path": self.name}
        return {
            "document_id": self.document.id,
            "url": self.url,
            "canonical_url": self.document.canonical_url,
            "content_hash": self.document.content_hash,
        }

    def facts(self) -> dict[str, Any]:
        """What a format with room for it says of the source."""
        if self.document is None:
            return self.link()
        return {**self.link(), "source_type": self.document.source_type, "tags": list(self.document.tags)}


async def input_of(child: Mapping[str, Any], context: JobContext) -> Input | str:
    """What the child's config names; or in a few words why it is left out."""
    if FILE in child:
        return await asyncio.to_thread(_of_file, child[FILE], context.config)
    return await _of_document(child[DOCUMENT], context)


async def _of_document(document_id: int, context: JobContext) -> Input | str:
    config: TransformConfig = context.config
    document = await context.collection.document(document_id)
    if document is None:
        return "the document is no longer there"
    base = config.base_url or document.url
    if config.input_format == "markdown":
        body = (document.markdown or "").encode("utf-8", "replace")
        return Input(
            body, "text/markdown; charset=utf-8", document.url, base, document.title, document=document
        )
    original = await context.collection.original(document_id)
    if original is None:
        return "its original was not kept"
    media_type, body = original
    if media_type not in ORIGINALS[config.input_format]:
        return f"its original is {media_type}, not {config.input_format}"
    content_type = _with_charset(media_type, document)
    title = "" if config.input_format == "html" else document.title
    return Input(body, content_type, document.url, base, title, document=document)


def _with_charset(media_type: str, document: Document) -> str:
    """The whole header, where the crawl noted it: it tells the charset."""
    noted = document.metadata.get("crawler")
    header = noted.get("content_type") if isinstance(noted, Mapping) else None
    same = isinstance(header, str) and header.partition(";")[0].strip().lower() == media_type
    return str(header) if same else media_type


def _of_file(name: str, config: TransformConfig) -> Input | str:
    path = file_in(Path(config.input_dir), name)
    try:
        if path.stat().st_size > LARGEST_FILE:
            return f"it is larger than {LARGEST_FILE} bytes"
        body = path.read_bytes()
    except OSError as error:
        raise JobFailure(f"it cannot be read ({error.strerror})", code="no_file", where=str(path)) from error
    url = urljoin(config.base_url, quote(name)) if config.base_url else path.as_uri()
    title = "" if config.input_format != "text" else Path(name).stem
    return Input(body, READ_AS[config.input_format], url, url, title, name)
