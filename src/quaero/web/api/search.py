"""`/api/search`: the documents that a text finds, and how it was understood."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response
from typing_extensions import TypedDict

from quaero.search.operators import OPERATORS
from quaero.search.query import parse_query
from quaero.views.document_shapes import FacetsShape, FoundShape, facets_json, found_json
from quaero.views.shapes import listing
from quaero.web.api.job_parameters import id_of
from quaero.web.api.parameters import Cursor, Limit
from quaero.web.replies import Reply
from quaero.web.state import WebState

router = APIRouter(tags=["search"])

DEFAULT_HITS: Final = 10
LONGEST_QUERY: Final = 4_000
LANGUAGE: Final = "What to look for; no text is an error. " + " ".join(
    f"`{each.example}`: documents {each.meaning}." for each in OPERATORS
)


class FoundDocumentsShape(TypedDict):
    """The best matches, and how many documents match in all.

    `explanation`: the query in plain English. `facets`: null unless they were asked for.
    """

    query: str
    explanation: str
    items: list[FoundShape]
    total: int
    next_cursor: str | None
    facets: FacetsShape | None


@router.get("/search", response_model=FoundDocumentsShape)
async def search_documents(
    web: WebState,
    q: Annotated[str, Query(max_length=LONGEST_QUERY, description=LANGUAGE, examples=['"rate limit"'])] = "",
    facets: Annotated[bool, Query(description="Count by source type, tag and host, too.")] = False,
    limit: Limit = DEFAULT_HITS,
    cursor: Cursor = None,
) -> Response:
    """Search the documents, the best match first."""
    query = parse_query(q)
    offset = id_of(cursor) or 0
    hits, total = await web.engine.store.search(query, limit=limit, offset=offset)
    end = offset + len(hits)
    counted = facets_json(await web.engine.store.search_facets(query)) if facets else None
    found = listing(map(found_json, hits), total, end if hits and end < total else None)
    return Reply({"query": q, "explanation": query.describe(), **found, "facets": counted})
