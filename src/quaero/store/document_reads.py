"""Questions about documents: their versions, the newest of them, and what there is by kind."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from quaero.models.document import Document
from quaero.models.errors import NotFoundError
from quaero.store.reads import DocumentFilter
from quaero.store.rows import document_of, to_json
from quaero.store.transaction import Reader, Row

MOST_COUNTED: Final = 10_000
"""Of more documents that match, facets count so many: those with the largest ids, or of a search any."""

MOST_VALUES: Final = 12
"""Of each facet, the commonest."""

DAY_MS: Final = 86_400_000


class Place(msgspec.Struct, frozen=True):
    """Where the next page begins: after the document with this id that was changed then."""

    updated_at: int
    id: int


class NewestPage(msgspec.Struct, frozen=True):
    """One page of documents, the last changed first, how many there are in all, and where the next page begins."""

    items: tuple[Document, ...]
    total: int
    next: Place | None


class DocumentOrigin(msgspec.Struct, frozen=True):
    """Where a document came from, and what is beside it in the order of ids.

    `run_name` None: the run is no longer kept. `checked_at`: when a run saw it last, changed or not.
    `media_type` of the original; None: it was not kept.
    """

    run_id: int
    run_name: str | None
    checked_at: int
    version: int
    media_type: str | None
    before: int | None
    after: int | None


class Facets(msgspec.Struct, frozen=True):
    """How many of the matching documents there are of each source type, tag and host, the commonest first.

    `updated`: in the last day, week and month (30 days).
    """

    source: dict[str, int]
    tag: dict[str, int]
    host: dict[str, int]
    updated: dict[str, int] = {}


class DocumentVersion(msgspec.Struct, frozen=True):
    """What a document is, or was before its content changed.

    `at`: since when, in milliseconds since 1970. `replaced_at`, `root_id`: when and by which run; None: it is still so.
    `characters` of Markdown, which lists leave out.
    """

    number: int
    at: int
    replaced_at: int | None
    root_id: int | None
    url: str
    title: str
    content_hash: str
    characters: int
    markdown: str | None = None


def document_sizes(reader: Reader, ids: Sequence[int]) -> dict[int, int]:
    """Characters of Markdown, by document."""
    return dict(reader.rows("document_sizes", ids=to_json(ids)))


def document_origin(reader: Reader, document_id: int) -> DocumentOrigin:
    rows = reader.rows("document_origin", id=document_id)
    if not rows:
        raise NotFoundError(f"there is no document {document_id}", remedy="See: quaero documents list")
    return DocumentOrigin(*rows[0])


def document_versions(reader: Reader, document_id: int) -> tuple[DocumentVersion, ...]:
    """All versions that are kept, the present one first."""
    rows = reader.rows("list_document_versions", document_id=document_id)
    if not rows:
        raise NotFoundError(f"there is no document {document_id}", remedy="See: quaero documents list")
    return tuple(DocumentVersion(*row) for row in rows)


def document_version(reader: Reader, document_id: int, number: int) -> DocumentVersion:
    rows = reader.rows("get_document_version", document_id=document_id, number=number)
    if not rows:
        document_versions(reader, document_id)
        raise NotFoundError(
            f"no version {number} of document {document_id} is kept",
            remedy=f"See: quaero documents versions {document_id}",
        )
    return DocumentVersion(*rows[0])


def newest_documents(reader: Reader, wanted: DocumentFilter, limit: int, place: Place | None) -> NewestPage:
    [(total,)] = reader.rows("count_documents", **wanted.parameters())
    rows = reader.rows(
        "newest_documents",
        **wanted.parameters(),
        before_at=None if place is None else place.updated_at,
        before_id=None if place is None else place.id,
        limit=limit + 1,
    )
    items = tuple(document_of(row) for row in rows[:limit])
    more = len(rows) > limit
    return NewestPage(items, total, Place(items[-1].updated_at, items[-1].id) if more else None)


def document_facets(reader: Reader, wanted: DocumentFilter, now: int) -> Facets:
    """`now`: in milliseconds since 1970."""
    since = {name: now - days * DAY_MS for name, days in (("day", 1), ("week", 7), ("month", 30))}
    rows = reader.rows(
        "document_facets", **wanted.parameters(), **since, most=MOST_COUNTED, most_values=MOST_VALUES
    )
    return facets_of(rows)


def facets_of(rows: Iterable[Row]) -> Facets:
    """Rows of (facet, value, documents)."""
    found: dict[str, dict[str, int]] = {name: {} for name in ("source", "tag", "host", "updated")}
    for facet, value, count in rows:
        found[facet][value] = count
    return Facets(**found)
