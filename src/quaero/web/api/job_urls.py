"""`/api/jobs/ID/urls`: what became of each URL of a crawl."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse
from typing_extensions import TypedDict

from quaero.jobs.summary import MOST_STEPS
from quaero.models.job import Job, JobKind
from quaero.store.reads import JobFilter
from quaero.store.store import Store
from quaero.views.shapes import listing
from quaero.views.url_fates import FateShape, fate_json, fates_of
from quaero.web.api.job_parameters import NO_NUL, JobId, StateList, id_of, states_in
from quaero.web.api.parameters import DEFAULT_LIMIT, Cursor, Limit
from quaero.web.replies import Reply
from quaero.web.state import WebState

router = APIRouter(prefix="/jobs", tags=["jobs"])

AT_ONCE: Final = 1_000
COLUMNS: Final = ("url", "fate", "cause", "error_code", "depth", "job_id", "document_id")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet computes."""


class FatesShape(TypedDict):
    """What became of URLs: a page of them, and how many there are in all."""

    items: list[FateShape]
    total: int
    next_cursor: str | None


@router.get(
    "/{job_id}/urls",
    response_model=FatesShape,
    responses={200: {"content": {"text/csv": {}, "application/x-ndjson": {}}}},
)
async def list_job_urls(
    job_id: JobId,
    web: WebState,
    states: StateList = "",
    name: Annotated[str, Query(max_length=1_000, pattern=NO_NUL, description="A part of the URL.")] = "",
    form: Annotated[
        Literal["json", "csv", "jsonl"],
        Query(alias="format", description="json: a page. The others: a file with all of them."),
    ] = "json",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """What became of each URL of a run or a step, in the order in which they were found."""
    store = web.engine.store
    job = await store.job(job_id)
    is_run = job.kind is JobKind.RUN
    wanted = JobFilter(
        root_id=job_id if is_run else None,
        parent_id=None if is_run else job_id,
        kind=JobKind.CHILD,
        states=states_in(states),
        name_part=name or None,
    )
    if form == "json":
        found = await store.jobs(wanted, limit=limit, cursor=id_of(cursor), oldest_first=True)
        shapes = await _shapes(store, job, found.items)
        return Reply(listing(shapes, found.total, found.next_cursor))
    text_of, media_type = (
        (_csv, "text/csv; charset=utf-8") if form == "csv" else (_lines, "application/x-ndjson")
    )
    return StreamingResponse(
        _texts(store, job, wanted, text_of),
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="urls-of-{job_id}.{form}"'},
    )


async def _shapes(store: Store, job: Job, children: Iterable[Job]) -> list[FateShape]:
    return [fate_json(fate) for fate in await fates_of(store, job.root_id, list(children))]


async def _texts(
    store: Store, job: Job, wanted: JobFilter, text_of: Callable[[Iterable[FateShape]], str]
) -> AsyncIterator[str]:
    if text_of is _csv:
        yield _row(COLUMNS)
    steps = (await store.children(job.id, limit=MOST_STEPS)).items if job.kind is JobKind.RUN else (job,)
    for step in steps:
        async for children in _pages(store, step, wanted):
            yield text_of(await _shapes(store, job, children))


async def _pages(store: Store, step: Job, wanted: JobFilter) -> AsyncIterator[Sequence[Job]]:
    """All the wanted children of a step, page by page; quicker where no name is looked for."""
    wanted = msgspec.structs.replace(wanted, root_id=None, parent_id=step.id)
    cursor: int | None = 0
    while cursor is not None:
        found = (
            await store.jobs(wanted, limit=AT_ONCE, cursor=cursor, oldest_first=True)
            if wanted.name_part
            else await store.children(step.id, states=wanted.states, after=cursor, limit=AT_ONCE)
        )
        yield found.items
        cursor = found.next_cursor


def _lines(shapes: Iterable[FateShape]) -> str:
    return "".join(f"{msgspec.json.encode(shape).decode()}\n" for shape in shapes)


def _csv(shapes: Iterable[FateShape]) -> str:
    return "".join(_row([_cell(dict(shape)[column]) for column in COLUMNS]) for shape in shapes)


def _row(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _cell(value: Any) -> str:
    """A value as text that no spreadsheet takes for a formula: pages of strangers may be in it."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
