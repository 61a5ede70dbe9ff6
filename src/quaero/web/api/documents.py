"""`/api/documents`: what was collected, what it was before, and as a file."""

import asyncio
import mimetypes
from hashlib import blake2b
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Header, Path, Query
from starlette.responses import Response, StreamingResponse
from typing_extensions import TypedDict

from quaero.jobs.engine import unpacked
from quaero.models.errors import NotFoundError
from quaero.store.reads import DocumentFilter
from quaero.views.document_diff import difference, pair_of
from quaero.views.document_export import ENDINGS, MEDIA_TYPES, Export
from quaero.views.document_query import document_filter, place_of, place_text
from quaero.views.document_shapes import (
    DifferenceShape,
    DocumentFacetsShape,
    DocumentShape,
    DocumentVersionShape,
    SourceShape,
    WholeDocumentShape,
    WholeVersionShape,
    difference_json,
    document_facets_json,
    document_json,
    document_version_json,
    source_json,
    whole_document_json,
    whole_version_json,
)
from quaero.views.job_query import LARGEST_ID
from quaero.views.shapes import listing
from quaero.web.api.parameters import DEFAULT_LIMIT, Cursor, Limit
from quaero.web.replies import Reply
from quaero.web.state import WebState

router = APIRouter(prefix="/documents", tags=["documents"])

MOST_TAGS = 20
LONGEST_TEXT = 2_000

DocumentId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="A document.")]
Number = Annotated[int, Path(ge=1, le=LARGEST_ID, description="A version of it.")]
Text = Annotated[str | None, Query(max_length=LONGEST_TEXT)]


class DocumentsShape(TypedDict):
    """Documents: a page of them, and how many there are in all."""

    items: list[DocumentShape]
    total: int
    next_cursor: str | None


class VersionsShape(TypedDict):
    """All versions of a document that are kept, the present one first."""

    items: list[DocumentVersionShape]
    total: int
    next_cursor: str | None


class StatsShape(TypedDict):
    """How much there is, by source type and by tag."""

    documents: int
    sources: list[SourceShape]
    tags: dict[str, int]


class TagsShape(TypedDict):
    """Tags with the number of documents that carry them, the commonest first."""

    tags: dict[str, int]


class DeletedDocumentShape(TypedDict):
    """What is gone."""

    id: str
    deleted: bool


def _wanted(
    source: Annotated[Text, Query(description="The source type.", examples=["crawler"])] = None,
    tag: Annotated[
        list[str] | None, Query(max_length=MOST_TAGS, description="A tag; of several the document has all.")
    ] = None,
    url: Annotated[Text, Query(description="Text that the URL contains.")] = None,
    host: Annotated[Text, Query(description="The server in the URL, with its port if it has one.")] = None,
    run: Annotated[
        int | None, Query(ge=1, le=LARGEST_ID, description="The run that saw the document last.")
    ] = None,
    created_after: Annotated[
        Text, Query(description="ISO 8601, in UTC unless it says otherwise.", examples=["2026-11-01"])
    ] = None,
    updated_after: Annotated[Text, Query(description="The same of its last change.")] = None,
) -> DocumentFilter:
    return document_filter(
        source=source,
        tags=tag or (),
        url=url,
        host=host,
        run=run,
        created_after=created_after,
        updated_after=updated_after,
    )


Wanted = Annotated[DocumentFilter, Depends(_wanted)]


@router.get("", response_model=DocumentsShape)
async def list_documents(
    wanted: Wanted, web: WebState, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response:
    """Documents without their Markdown, the last changed first."""
    found = await web.engine.store.newest_documents(wanted, limit=limit, after=place_of(cursor))
    return Reply(listing(map(document_json, found.items), found.total, place_text(found.next)))


@router.get("/facets", response_model=DocumentFacetsShape)
async def count_documents_by_facet(wanted: Wanted, web: WebState) -> Response:
    """How many of the matching documents there are of each kind."""
    return Reply(document_facets_json(await web.engine.store.document_facets(wanted)))


@router.get("/stats", response_model=StatsShape)
async def get_document_stats(web: WebState) -> Response:
    """How much there is."""
    sources = await web.engine.store.document_stats()
    tags = await web.engine.store.tags()
    total = sum(each.documents for each in sources)
    return Reply(StatsShape(documents=total, sources=list(map(source_json, sources)), tags=tags))


@router.get("/tags", response_model=TagsShape)
async def list_document_tags(web: WebState) -> Response:
    """All tags."""
    return Reply(TagsShape(tags=await web.engine.store.tags()))


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {kind.partition(";")[0]: {} for kind in MEDIA_TYPES.values()}}},
)
async def export_documents(
    wanted: Wanted,
    web: WebState,
    form: Annotated[Literal["jsonl", "markdown", "geojson"], Query(alias="format")] = "jsonl",
) -> Response:
    """The matching documents as a file, in the order of their ids.

    jsonl: one JSON object a line, with the Markdown. markdown: one after the other. geojson: those that have
    coordinates, as points for a map.
    """
    return StreamingResponse(
        aiter(Export(web.engine.store, wanted, form)),
        media_type=MEDIA_TYPES[form],
        headers=_as_file(f"documents.{ENDINGS[form]}"),
    )


@router.get(
    "/{document_id}", response_model=WholeDocumentShape, responses={304: {"description": "It is as it was."}}
)
async def get_document(
    document_id: DocumentId, web: WebState, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """One document with its Markdown. Its ETag changes with anything in the answer."""
    body = msgspec.json.encode(whole_document_json(await web.engine.store.document(document_id)))
    tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    shown = [each.strip().removeprefix("W/") for each in (if_none_match or "").split(",")]
    if tag in shown or "*" in shown:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=Reply.media_type)


@router.delete("/{document_id}", response_model=DeletedDocumentShape)
async def delete_document(document_id: DocumentId, web: WebState) -> Response:
    """Delete a document with its versions and all that agents found in it. A later run may collect it again."""
    await web.engine.store.delete_document(document_id)
    return Reply(DeletedDocumentShape(id=str(document_id), deleted=True))


@router.get("/{document_id}/versions", response_model=VersionsShape)
async def list_document_versions(document_id: DocumentId, web: WebState) -> Response:
    """What a document is, and was before its content changed: at the most 20 former versions."""
    versions = await web.engine.store.document_versions(document_id)
    return Reply(listing(map(document_version_json, versions), len(versions), None))


@router.get("/{document_id}/versions/{number}", response_model=WholeVersionShape)
async def get_document_version(document_id: DocumentId, number: Number, web: WebState) -> Response:
    """One version with its Markdown."""
    return Reply(whole_version_json(await web.engine.store.document_version(document_id, number)))


@router.get("/{document_id}/diff", response_model=DifferenceShape)
async def compare_document_versions(
    document_id: DocumentId,
    web: WebState,
    before: Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="The one before `after`.")] = None,
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="The present one.")] = None,
) -> Response:
    """What is different in a version, line by line; by default what the last change was."""
    old, new = await pair_of(web.engine.store, document_id, before, after)
    found = await asyncio.to_thread(difference, old.markdown or "", new.markdown or "")
    return Reply(difference_json(old, new, found))


@router.get(
    "/{document_id}/original",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
async def get_original(document_id: DocumentId, web: WebState) -> Response:
    """The bytes that the document was made of, as a file to keep: no browser shows them."""
    found = await web.engine.store.document_source(document_id)
    if found is None:
        raise NotFoundError(f"no original is kept of document {document_id}")
    media_type, packed = found
    ending = mimetypes.guess_extension(media_type.partition(";")[0].strip()) or ".bin"
    return Response(
        await asyncio.to_thread(unpacked, packed),
        media_type="application/octet-stream",
        headers=_as_file(f"document-{document_id}{ending}"),
    )


def _as_file(name: str) -> dict[str, str]:
    """Headers with which no browser shows what it gets as a page of ours."""
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
