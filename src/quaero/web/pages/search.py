"""The search: as one types, with facets that become words of the query."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from quaero.models.document import Document
from quaero.search.operators import OPERATORS
from quaero.search.query import parse_query
from quaero.store.document_reads import Facets
from quaero.web.api.job_parameters import id_of
from quaero.web.api.parameters import Cursor
from quaero.web.api.search import LONGEST_QUERY
from quaero.web.pages.document_links import Choice, Facet, address
from quaero.web.state import WebState

router = APIRouter()

A_PAGE: Final = 20
_MARKS: Final = re.compile(r"!?\[|\]\([^)\s]*\)?|\*{1,3}|`+|#{2,6} |(?:\|[-: ]*)+")
"""Of Markdown, but for underscores, which names have too."""

_PLAIN: Final = re.compile(r"[\w./:\-]+")


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that was found; `pieces`: see `SearchHit`."""

    document: Document
    pieces: tuple[tuple[str, bool], ...]


@router.get("/search")
async def search(
    web: WebState, q: Annotated[str, Query(max_length=LONGEST_QUERY)] = "", cursor: Cursor = None
) -> Response:
    store, query, offset = web.engine.store, parse_query(q), id_of(cursor) or 0
    hits, total = await store.search(query, limit=A_PAGE, offset=offset)
    facets = await store.search_facets(query)
    end = offset + len(hits)
    context = {
        "here": "/search",
        "q": q,
        "query": query,
        "hits": [Hit(hit.document, _tidy(hit.pieces)) for hit in hits],
        "total": total,
        "first": offset + 1,
        "last": end,
        "facets": [facet for facet in _facets(q, facets) if facet.choices],
        "before": address(
            "/search", {"q": q, "cursor": str(max(0, offset - A_PAGE)) if offset > A_PAGE else None}
        )
        if offset
        else None,
        "after": address("/search", {"q": q, "cursor": str(end)}) if hits and end < total else None,
        "operators": OPERATORS,
        "of_query": lambda text: address("/search", {"q": text}),
        "any_documents": total > 0 or (not query.empty and bool(await store.next_documents(0, 1))),
    }
    return web.rendering.page("search.html", context)


def _tidy(pieces: tuple[tuple[str, bool], ...]) -> tuple[tuple[str, bool], ...]:
    """A snippet without the marks of Markdown."""
    return tuple((_MARKS.sub(" " if "|" in text else "", text), found) for text, found in pieces)


def _facets(text: str, found: Facets) -> Iterator[Facet]:
    """Each value as a word of the query that is put behind it, or taken away from it."""
    for title, operator, counts in (
        ("Source", "source", found.source),
        ("Tag", "tag", found.tag),
        ("Host", "url", {f"//{host}/": count for host, count in found.host.items()}),
    ):
        choices = []
        for value, count in counts.items():
            word = _word(operator, value)
            if word is not None:
                chosen = word in text.split()
                rest = (
                    " ".join(part for part in text.split() if part != word)
                    if chosen
                    else f"{text.strip()} {word}"
                )
                choices.append(
                    Choice(value.strip("/"), count, address("/search", {"q": rest.strip()}), chosen)
                )
        yield Facet(title, tuple(choices))


def _word(operator: str, value: str) -> str | None:
    """`tag:wiki`, or None for a value that no query can name in one word."""
    return f"{operator}:{value}" if _PLAIN.fullmatch(value) else None
