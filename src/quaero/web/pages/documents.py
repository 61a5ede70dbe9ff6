"""The documents: a list with facets, a reader, versions and their differences."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from quaero.store.document_reads import Facets
from quaero.store.reads import DocumentFilter
from quaero.views.agent_results import said_by, text_of
from quaero.views.document_diff import difference, pair_of
from quaero.views.document_export import FORMATS
from quaero.views.document_query import UPDATED, document_filter, place_of, place_text
from quaero.views.job_query import LARGEST_ID
from quaero.views.text import shortened
from quaero.web.api.documents import LONGEST_TEXT, MOST_TAGS, DocumentId
from quaero.web.api.parameters import Cursor
from quaero.web.markdown import parts_of, shown
from quaero.web.pages.document_links import Choice, Facet, address, counted, web_address
from quaero.web.state import WebState

router = APIRouter()

A_PAGE: Final = 50
MOST_IN_CONTENTS: Final = 60
FEW_HEADINGS: Final = 3
LONGEST_FACT: Final = 300
FORMAT_NAMES: Final = {"jsonl": "JSON lines", "markdown": "Markdown", "geojson": "GeoJSON (places)"}
UPDATED_NAMES: Final = {"day": "last 24 hours", "week": "last 7 days", "month": "last 30 days"}

Text = Annotated[str, Query(max_length=LONGEST_TEXT)]
Number = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the address of the list asks for."""

    source: str = ""
    tags: tuple[str, ...] = ()
    host: str = ""
    updated: str = ""
    url: str = ""
    run: int | None = None
    cursor: str | None = field(default=None)

    @property
    def wanted(self) -> DocumentFilter:
        return document_filter(
            source=self.source,
            tags=self.tags,
            host=self.host,
            updated=self.updated if self.updated in UPDATED else None,
            url=self.url,
            run=self.run,
        )

    @property
    def anything(self) -> bool:
        return bool(self.source or self.tags or self.host or self.updated or self.url or self.run)

    def at(self, path: str, **changes: str | tuple[str, ...] | None) -> str:
        """The address of a list that differs in these; a page begins anew unless `cursor` is among them."""
        now: dict[str, str | tuple[str, ...] | None] = {
            "source": self.source,
            "tag": self.tags,
            "host": self.host,
            "updated": self.updated,
            "url": self.url,
            "run": None if self.run is None else str(self.run),
        }
        return address(path, now | changes)

    def facets(self, found: Facets) -> Iterator[Facet]:
        """The facets of what matches, as links that narrow the list or widen it again."""
        for name, title, value in (("source", "Source", self.source), ("host", "Host", self.host)):
            yield Facet(
                title,
                tuple(
                    Choice(
                        each,
                        count,
                        self.at("/documents", **{name: None if each == value else each}),
                        each == value,
                    )
                    for each, count in counted(getattr(found, name), filter(None, [value]))
                ),
            )
        yield Facet(
            "Tag",
            tuple(
                Choice(tag, count, self.at("/documents", tag=_toggled(self.tags, tag)), tag in self.tags)
                for tag, count in counted(found.tag, self.tags)
            ),
        )
        yield Facet(
            "Updated",
            tuple(
                Choice(
                    title,
                    found.updated.get(word),
                    self.at("/documents", updated=None if self.updated == word else word),
                    self.updated == word,
                )
                for word, title in UPDATED_NAMES.items()
            ),
        )


def _toggled(tags: tuple[str, ...], tag: str) -> tuple[str, ...]:
    return tuple(each for each in tags if each != tag) if tag in tags else (*tags, tag)


@router.get("/documents")
async def documents(
    web: WebState,
    tag: Annotated[list[str] | None, Query(max_length=MOST_TAGS)] = None,
    source: Text = "",
    host: Text = "",
    updated: Text = "",
    url: Text = "",
    run: Number = None,
    cursor: Cursor = None,
) -> Response:
    chosen = Chosen(source, tuple(filter(None, tag or ())), host, updated, url, run, cursor)
    store = web.engine.store
    found = await store.newest_documents(chosen.wanted, limit=A_PAGE, after=place_of(cursor))
    sizes = await store.document_sizes([document.id for document in found.items])
    facets = await store.document_facets(chosen.wanted)
    context = {
        "here": "/documents",
        "chosen": chosen,
        "documents": found.items,
        "sizes": sizes,
        "total": found.total,
        "facets": [facet for facet in chosen.facets(facets) if facet.choices],
        "next": None if found.next is None else chosen.at("/documents", cursor=place_text(found.next)),
        "first": chosen.at("/documents") if cursor else None,
        "exports": [
            (FORMAT_NAMES[form], chosen.at("/api/documents/export", updated=None, format=form))
            for form in FORMATS
            if not chosen.updated
        ],
        "of_tag": lambda name: address("/documents", {"tag": name}),
    }
    return web.rendering.page("documents.html", context)


@router.get("/documents/{document_id}")
async def document(
    document_id: DocumentId, web: WebState, version: Number = None, part: Number = None
) -> Response:
    store = web.engine.store
    found = await store.document(document_id)
    origin = await store.document_origin(document_id)
    former = None
    if version is not None and version != origin.version:
        former = await store.document_version(document_id, version)
    told = found if former is None else former
    parts = parts_of(told.markdown or "")
    number = min(part or 1, len(parts))
    text = await asyncio.to_thread(shown, parts[number - 1], told.url, told.title)
    context = {
        "here": "/documents",
        "document": found,
        "told": told,
        "former": former,
        "origin": origin,
        "web_url": web_address(told.url),
        "text": text,
        "contents": text.headings[:MOST_IN_CONTENTS] if len(text.headings) >= FEW_HEADINGS else (),
        "characters": len(told.markdown or ""),
        "part": number,
        "parts": len(parts),
        "fact": lambda value: shortened(text_of(value) or "-", LONGEST_FACT),
        "results": [(result, tuple(said_by(result))) for result in found.results],
        "of_tag": lambda name: address("/documents", {"tag": name}),
        "of_words": lambda words: address("/search", {"q": _phrase(words)}),
    }
    return web.rendering.page("document.html", context)


@router.get("/documents/{document_id}/versions")
async def document_versions(
    document_id: DocumentId, web: WebState, before: Number = None, after: Number = None
) -> Response:
    store = web.engine.store
    versions = await store.document_versions(document_id)
    old, new = await pair_of(store, document_id, before, after)
    context = {
        "here": "/documents",
        "document_id": document_id,
        "title": versions[0].title,
        "versions": versions,
        "old": old,
        "new": new,
        "found": await asyncio.to_thread(difference, old.markdown or "", new.markdown or ""),
    }
    return web.rendering.page("document_versions.html", context)


def _phrase(words: str) -> str:
    """A search text for exactly these words."""
    return f'"{words.replace(chr(34), " ")}"'
