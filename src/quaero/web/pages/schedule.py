"""What runs when: the coming week, and what came of the last times."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from quaero.jobs.machine_zone import machine_zone
from quaero.jobs.timetable import TimetableEntry, coming, timetable
from quaero.models.errors import QuaeroError
from quaero.models.schedule import clock_changes, cron_complaint, times
from quaero.views.moments import now_ms
from quaero.web.local_times import in_zone, shown_time
from quaero.web.state import WebState
from quaero.web.week import DAYS, DayTimes, times_by_day

router = APIRouter()

DAY_MS: Final = 24 * 3_600_000
NEXT: Final = 10


@dataclass(frozen=True, slots=True)
class Planned:
    """The times of one definition on one day."""

    definition_id: str
    name: str
    times: DayTimes


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the coming week."""

    title: str
    today: bool
    planned: tuple[Planned, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A definition with a schedule, with its times as clocks there show them."""

    entry: TimetableEntry
    name: str
    next_local: str
    due_local: str
    changes: tuple[str, ...]
    changeable: bool


@router.get("/schedule")
async def schedule(web: WebState) -> Response:
    control, now, zone = web.engine.control, now_ms(), _zone()
    entries = await timetable(control, now)
    stored = {each.definition.id: each for each in await control.definitions()}
    names = {key: each.definition.name for key, each in stored.items()}
    enabled = tuple(entry for entry in entries if entry.enabled)
    changeable = {key for key, each in stored.items() if each.origin != "system"}
    context = {
        "here": "/schedule",
        "zone": zone,
        # Calendars of many definitions take a while, which nobody else should have to wait for.
        "rows": await asyncio.to_thread(lambda: [_row(entry, names, changeable, now) for entry in entries]),
        "days": await asyncio.to_thread(_week, enabled, names, now, zone),
        "coming": [
            (moment, entry, names.get(entry.definition_id, ""), shown_time(moment, entry.timezone))
            for moment, entry in coming(enabled, now, NEXT)
        ],
        "starters": [each.definition for each in stored.values() if each.definition.auto_start],
    }
    return web.rendering.page("schedule.html", context)


def _zone() -> str:
    try:
        return machine_zone()
    except QuaeroError:
        return "UTC"


def _row(entry: TimetableEntry, names: dict[str, str], changeable: set[str], now: int) -> Row:
    zone = entry.timezone or "UTC"
    return Row(
        entry,
        names.get(entry.definition_id, entry.definition_id),
        "" if entry.next_at is None or not entry.enabled else shown_time(entry.next_at, zone),
        "" if entry.due_at is None else shown_time(entry.due_at, zone),
        () if cron_complaint(entry.cron, zone) else _changes(entry.cron, zone, now // DAY_MS),
        entry.definition_id in changeable,
    )


@lru_cache(maxsize=4_096)
def _changes(cron: str, zone: str, day: int) -> tuple[str, ...]:
    """What the next changes of the clock do to a schedule; the same for a whole day."""
    return tuple(clock_changes(cron, zone, day * DAY_MS))


def _week(entries: tuple[TimetableEntry, ...], names: dict[str, str], now: int, zone: str) -> list[Day]:
    """Today and the days after, by the clock of this machine."""
    days: list[list[Planned]] = [[] for _ in range(DAYS)]
    for entry in entries:
        if cron_complaint(entry.cron, entry.timezone):
            continue
        found = times_by_day(times(entry.cron, entry.timezone, now), now, zone)
        for planned, those in zip(days, found, strict=True):
            if those:
                name = names.get(entry.definition_id, entry.definition_id)
                planned.append(Planned(entry.definition_id, name, those))
    today = in_zone(now, zone).date()
    return [
        Day(
            f"{today + timedelta(days=number):%a %-d %b}",
            number == 0,
            tuple(sorted(planned, key=lambda each: each.times.shown)),
        )
        for number, planned in enumerate(days)
    ]
