"""`/api/jobs/ID/logs` and `/events`: what was said and done at a job and below it."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse
from typing_extensions import TypedDict

from quaero.models.moment import iso_time
from quaero.models.outcome import LogLevel
from quaero.store.reads import StoredLine
from quaero.store.store import Store
from quaero.views.event_shapes import EventShape, event_json
from quaero.views.job_query import LARGEST_ID
from quaero.views.job_shapes import LineShape, line_json
from quaero.views.shapes import listing
from quaero.web.api.job_parameters import NO_NUL, JobId, LevelList, id_of, levels_in
from quaero.web.api.parameters import DEFAULT_LIMIT, Cursor, Limit
from quaero.web.problems import problems
from quaero.web.replies import Reply
from quaero.web.state import WebState

router = APIRouter(prefix="/jobs", tags=["jobs"])

LINES_AT_ONCE = 1_000

Contains = Annotated[
    str, Query(max_length=1_000, pattern=NO_NUL, description="Only lines with this text in them.")
]


class LinesShape(TypedDict):
    """Lines of a log. They are not counted: `total` is null."""

    items: list[LineShape]
    total: int | None
    next_cursor: str | None


class EventsShape(TypedDict):
    """Events of a run. They are not counted: `total` is null."""

    items: list[EventShape]
    total: int | None
    next_cursor: str | None


@router.get("/{job_id}/logs", response_model=LinesShape)
async def list_job_logs(
    job_id: JobId,
    web: WebState,
    levels: LevelList = "",
    text: Contains = "",
    newest: Annotated[bool, Query(description="The newest line first.")] = False,
    after: Annotated[int, Query(ge=0, le=LARGEST_ID, description="Only lines with larger ids.")] = 0,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """The log of a job and of everything below it, oldest line first. To follow it, ask for those `after` the last."""
    store, place = web.engine.store, id_of(cursor)
    lines = await store.log(
        job_id,
        levels=levels_in(levels),
        contains=text,
        after=after if newest else max(after, place or 0),
        before=place if newest else None,
        limit=limit + 1,
        newest=newest,
    )
    shown = lines[::-1][:limit] if newest else lines[:limit]
    return Reply(listing(map(line_json, shown), None, shown[-1].id if len(lines) > limit else None))


@router.get(
    "/{job_id}/logs/download",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/plain": {}}}},
)
async def download_job_logs(
    job_id: JobId, web: WebState, levels: LevelList = "", text: Contains = ""
) -> Response:
    """The log of a job and of everything below it as a file of text: time, level, job and message."""
    store, wanted = web.engine.store, levels_in(levels)
    await store.job(job_id)
    return StreamingResponse(
        _texts(store, job_id, wanted, text),
        media_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="job-{job_id}.log"'},
    )


@router.get("/{job_id}/events", response_model=EventsShape, responses=problems(410))
async def list_job_events(
    job_id: JobId,
    web: WebState,
    after: Annotated[int, Query(ge=0, le=LARGEST_ID, description="Only events with larger numbers.")] = 0,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response:
    """The events of the run that a job belongs to, in their order. Those that are no longer kept are a problem."""
    run = await web.engine.control.run_of(job_id)
    found = await web.engine.store.events(run.id, after=max(after, id_of(cursor) or 0), limit=limit + 1)
    shown = found[:limit]
    return Reply(listing(map(event_json, shown), None, shown[-1].number if len(found) > limit else None))


async def _texts(
    store: Store, job_id: int, levels: Sequence[LogLevel] | None, text: str
) -> AsyncIterator[str]:
    after = 0
    while lines := await store.log(job_id, levels=levels, contains=text, after=after, limit=LINES_AT_ONCE):
        yield "".join(map(_line, lines))
        after = lines[-1].id


def _line(line: StoredLine) -> str:
    head = f"{iso_time(line.at)}  {line.level:<7}  {line.job_id}"
    return "".join(f"{head}  {text}\n" for text in line.message.splitlines() or [""])
