"""The JSON of documents: what lists, searches, versions and their differences show of them."""

from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from quaero.models.moment import iso_time

if TYPE_CHECKING:
    from quaero.models.document import Document, Result, SearchHit
    from quaero.store.document_reads import DocumentVersion, Facets
    from quaero.store.reads import SourceStats
    from quaero.views.document_diff import Difference


class DocumentShape(TypedDict):
    """A document without its Markdown. What agents found in it is in its metadata: `agents`, by agent.

    `url`: where it was fetched, after redirects. `content_hash` changes with the content.
    """

    id: str
    url: str
    canonical_url: str
    title: str
    source_type: str
    tags: list[str]
    content_hash: str
    created_at: str | None
    updated_at: str | None
    metadata: dict[str, Any]


class WholeDocumentShape(DocumentShape):
    """The same with its Markdown."""

    markdown: str | None


class HitShape(DocumentShape):
    """A document that a search found. `score` is larger for better matches; `snippet` marks words with `**`."""

    score: float
    snippet: str


class PieceShape(TypedDict):
    """A part of a text, and whether it was looked for."""

    text: str
    found: bool


class FoundShape(HitShape):
    """The same with the snippet in pieces, so that nothing in the text can be taken for a mark."""

    pieces: list[PieceShape]


class FacetsShape(TypedDict):
    """How many documents there are of each source type, tag and host: of the commonest, among 10,000 that match."""

    source: dict[str, int]
    tag: dict[str, int]
    host: dict[str, int]


class DocumentFacetsShape(FacetsShape):
    """`updated`: how many changed in the last `day`, `week` and `month` (30 days)."""

    updated: dict[str, int]


class DocumentVersionShape(TypedDict):
    """What a document is, or was before its content changed.

    `at`: since when. `replaced_at`, `replaced_by`: when and by which run; null: it is still so.
    """

    version: int
    at: str | None
    replaced_at: str | None
    replaced_by: str | None
    url: str
    title: str
    content_hash: str
    characters: int


class WholeVersionShape(DocumentVersionShape):
    """The same with its Markdown."""

    markdown: str | None


class SourceShape(TypedDict):
    """How much there is of one source type."""

    source_type: str
    documents: int
    characters: int
    updated_at: str | None


class DiffLineShape(TypedDict):
    """A line: `same`, `removed` or `added`."""

    kind: str
    text: str


class HunkShape(TypedDict):
    """Lines that differ with some around them; `before` and `after`: the number of the first one, from 1."""

    before: int
    after: int
    lines: list[DiffLineShape]


class DifferenceShape(TypedDict):
    """What is different in `after`. `whole`: too much changed to tell line by line; all of it stands there."""

    before: DocumentVersionShape
    after: DocumentVersionShape
    added: int
    removed: int
    whole: bool
    hunks: list[HunkShape]


def document_json(document: "Document") -> DocumentShape:
    return {
        "id": str(document.id),
        "url": document.url,
        "canonical_url": document.canonical_url,
        "title": document.title,
        "source_type": document.source_type,
        "tags": list(document.tags),
        "content_hash": document.content_hash,
        "created_at": iso_time(document.created_at),
        "updated_at": iso_time(document.updated_at),
        "metadata": dict(document.metadata) | _found(document),
    }


def whole_document_json(document: "Document") -> WholeDocumentShape:
    return {**document_json(document), "markdown": document.markdown}


def _found(document: "Document") -> dict[str, Any]:
    if not document.results:
        return {}
    return {"agents": {result.agent: _result_json(result) for result in document.results}}


def _result_json(result: "Result") -> dict[str, Any]:
    """What an agent answered, with what it was made by and when; `outdated`: the document has changed since."""
    return {
        **result.value,
        "model": result.model,
        "version": result.version,
        "at": iso_time(result.at),
        "outdated": result.outdated,
    }


def hit_json(hit: "SearchHit") -> HitShape:
    return {**document_json(hit.document), "score": hit.score, "snippet": hit.snippet}


def found_json(hit: "SearchHit") -> FoundShape:
    return {**hit_json(hit), "pieces": [{"text": text, "found": found} for text, found in hit.pieces]}


def facets_json(facets: "Facets") -> FacetsShape:
    return {"source": facets.source, "tag": facets.tag, "host": facets.host}


def document_facets_json(facets: "Facets") -> DocumentFacetsShape:
    return {**facets_json(facets), "updated": facets.updated}


def document_version_json(version: "DocumentVersion") -> DocumentVersionShape:
    return {
        "version": version.number,
        "at": iso_time(version.at),
        "replaced_at": iso_time(version.replaced_at),
        "replaced_by": None if version.root_id is None else str(version.root_id),
        "url": version.url,
        "title": version.title,
        "content_hash": version.content_hash,
        "characters": version.characters,
    }


def whole_version_json(version: "DocumentVersion") -> WholeVersionShape:
    return {**document_version_json(version), "markdown": version.markdown}


def source_json(stats: "SourceStats") -> SourceShape:
    return {
        "source_type": stats.source_type,
        "documents": stats.documents,
        "characters": stats.characters,
        "updated_at": iso_time(stats.updated_at),
    }


def difference_json(
    before: "DocumentVersion", after: "DocumentVersion", found: "Difference"
) -> DifferenceShape:
    return {
        "before": document_version_json(before),
        "after": document_version_json(after),
        "added": found.added,
        "removed": found.removed,
        "whole": found.whole,
        "hunks": [
            {
                "before": hunk.before,
                "after": hunk.after,
                "lines": [{"kind": str(line.kind), "text": line.text} for line in hunk.lines],
            }
            for hunk in found.hunks
        ],
    }
