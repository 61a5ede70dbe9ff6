"""Documents as a file: JSON lines, Markdown, GeoJSON."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from quaero.models.errors import NotFoundError
from quaero.places.geojson import BEGIN, BETWEEN, END, feature_of
from quaero.views.document_shapes import whole_document_json

if TYPE_CHECKING:
    from quaero.models.document import Document
    from quaero.store.reads import DocumentFilter
    from quaero.store.store import Store

PAGE: Final = 100
"""Documents that are in memory at once."""

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "jsonl": "application/x-ndjson",
    "markdown": "text/markdown; charset=utf-8",
    "geojson": "application/geo+json",
}
FORMATS: Final = tuple(MEDIA_TYPES)
ENDINGS: Final[Mapping[str, str]] = {"jsonl": "jsonl", "markdown": "md", "geojson": "geojson"}


class Export:
    """Iterate over it for the bytes of the file, piece by piece; `count`: the documents that were in it so far."""

    def __init__(self, store: "Store", wanted: "DocumentFilter", form: str) -> None:
        self.count = 0
        self._store, self._wanted, self._form = store, wanted, form

    def __aiter__(self) -> AsyncIterator[bytes]:
        if self._form == "geojson":
            return self._features()
        return self._texts(_line if self._form == "jsonl" else _page)

    async def _texts(self, text_of: Callable[["Document", int], bytes]) -> AsyncIterator[bytes]:
        async for document in self._documents():
            try:
                whole = await self._store.document(document.id)
            except NotFoundError:  # it was deleted meanwhile
                continue
            yield text_of(whole, self.count)
            self.count += 1

    async def _features(self) -> AsyncIterator[bytes]:
        yield BEGIN
        async for document in self._documents():
            feature = feature_of(document)
            if feature is not None:
                yield (BETWEEN if self.count else b"") + b"\n" + _json(feature)
                self.count += 1
        yield END

    async def _documents(self) -> "AsyncIterator[Document]":
        """In the order of their ids, without Markdown."""
        after = 0
        while page := await self._store.matching_documents(self._wanted, after=after, limit=PAGE):
            for document in page:
                yield document
            after = page[-1].id


def _line(document: "Document", _: int) -> bytes:
    return _json(whole_document_json(document)) + b"\n"


def _page(document: "Document", before: int) -> bytes:
    """With its address above it, and a line between two of them."""
    line = "\n---\n\n" if before else ""
    text = f"{line}<!-- {document.url.replace('--', '%2D%2D')} -->\n\n{(document.markdown or '').strip()}\n"
    return text.encode("utf-8", "replace")


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
