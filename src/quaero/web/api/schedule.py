"""`/api/schedule`: what runs when."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response
from typing_extensions import TypedDict

from quaero.jobs.timetable import changes_of, coming, entry_of, timetable
from quaero.views.moments import now_ms
from quaero.views.paging import page_of
from quaero.views.shapes import listing
from quaero.views.system_shapes import PlannedShape, ScheduleShape, planned_json, schedule_json
from quaero.web.api.parameters import DEFAULT_LIMIT, MOST_ITEMS, Cursor, Limit
from quaero.web.replies import Reply
from quaero.web.state import WebState

router = APIRouter(prefix="/schedule", tags=["schedule"])

NEXT_TIMES = 10


class SchedulesShape(TypedDict):
    """Definitions with a schedule, by id."""

    items: list[ScheduleShape]
    total: int
    next_cursor: str | None


class PlannedTimesShape(TypedDict):
    """The next planned times. `clock_changes`: what the next ones do to the definition, a sentence each."""

    items: list[PlannedShape]
    total: int | None
    next_cursor: str | None
    clock_changes: list[str]


@router.get("", response_model=SchedulesShape)
async def list_schedules(web: WebState, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Response:
    """The definitions with a schedule: when they run next, and what came of the last time."""
    found = await timetable(web.engine.control, now_ms())
    items, next_cursor = page_of(found, lambda each: each.definition_id, limit, cursor)
    return Reply(listing(map(schedule_json, items), len(found), next_cursor))


@router.get("/next", response_model=PlannedTimesShape)
async def list_planned_times(
    web: WebState,
    definition: Annotated[str | None, Query(max_length=200, description="Only this one.")] = None,
    count: Annotated[int, Query(ge=1, le=MOST_ITEMS, description="How many.")] = NEXT_TIMES,
) -> Response:
    """The next planned times of one definition, or of all that are switched on together."""
    now, control = now_ms(), web.engine.control
    changes: list[str] = []
    if definition is None:
        entries = tuple(each for each in await timetable(control, now) if each.enabled)
    else:
        entries = (await entry_of(control, definition, now),)
        changes = changes_of(entries[0], now)
    items = [planned_json(moment, each) for moment, each in coming(entries, now, count)]
    return Reply({**listing(items, None, None), "clock_changes": changes})
