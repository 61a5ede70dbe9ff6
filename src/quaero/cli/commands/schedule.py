"""`quaero schedule list` and `next`: what runs when."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import MOST_ITEMS, as_json, print_next_page
from quaero.cli.paging import page_by_name, page_of
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json, print_table
from quaero.models.moment import iso_time
from quaero.views.shapes import Json, listing
from quaero.views.text import one_line

if TYPE_CHECKING:
    from quaero.jobs.timetable import TimetableEntry

DEFAULT_COUNT = 10


@click.command(cls=Command)
@page_by_name
@as_json
@pass_session
def list_schedules(session: Session, limit: int, cursor: str | None, as_json: bool) -> None:
    """List the definitions with a schedule: when they run next, and what came of the last time."""
    from quaero.jobs.timetable import timetable

    now = _now()
    found = session.ask(lambda engine: timetable(engine.control, now))
    items, next_cursor = page_of(found, _id, limit, cursor)
    if as_json:
        print_json(listing(map(schedule_json, items), len(found), next_cursor))
        return
    print_table(
        ("id", "next", "zone", "last run", "skipped", "schedule"),
        [
            (
                _id(each),
                _next(each),
                each.timezone or "-",
                _last(each),
                str(each.skipped),
                each.explanation or each.cron,
            )
            for each in items
        ],
    )
    for each in items:
        for line in _remarks(each):
            click.echo(one_line(f"{_id(each)}: {line}"))
    print_next_page(next_cursor, len(items), len(found))


@click.command(cls=Command)
@click.argument("definition", metavar="[ID]", required=False)
@click.option(
    "--count", type=click.IntRange(1, MOST_ITEMS), default=DEFAULT_COUNT, show_default=True, help="How many."
)
@as_json
@pass_session
def next_times(session: Session, definition: str | None, count: int, as_json: bool) -> None:
    """Print the next planned times of one definition, or of all together.

    Times are those of the schedule's own zone. Of one definition it also says what the next clock changes do.
    """
    from quaero.jobs.timetable import changes_of, coming, entry_of, timetable

    now = _now()
    if definition is None:
        every = session.ask(lambda engine: timetable(engine.control, now))
        entries, changes = tuple(each for each in every if each.enabled), []
    else:
        entry = session.ask(lambda engine: entry_of(engine.control, definition, now))
        entries, changes = (entry,), changes_of(entry, now)
    moments = coming(entries, now, count)
    if as_json:
        items = [_moment_json(moment, each) for moment, each in moments]
        print_json(listing(items, None, None) | {"clock_changes": changes})
        return
    print_table(
        ("time", "zone", "id"),
        [(_shown(moment, each.timezone), each.timezone, _id(each)) for moment, each in moments],
    )
    for line in changes:
        click.echo(line)
    if definition is not None:
        for line in _remarks(entries[0]):
            click.echo(one_line(f"{definition}: {line}"))


def schedule_json(entry: "TimetableEntry") -> Json:
    run = entry.last_run
    return {
        "id": entry.definition_id,
        "enabled": entry.enabled,
        "schedule": entry.cron,
        "explanation": entry.explanation,
        "timezone": entry.timezone,
        "next_at": iso_time(entry.next_at) if entry.enabled else None,
        "due_at": iso_time(entry.due_at),
        "last_planned_at": iso_time(entry.last_planned_at),
        "last_run": None if run is None else {"id": str(run.id), "status": str(run.state)},
        "skipped": entry.skipped,
        "error": entry.error,
    }


def _moment_json(moment: int, entry: "TimetableEntry") -> Json:
    return {
        "at": iso_time(moment),
        "local": _shown(moment, entry.timezone).replace(" ", "T"),
        "timezone": entry.timezone,
        "id": entry.definition_id,
    }


def _remarks(entry: "TimetableEntry") -> list[str]:
    found = []
    if not entry.enabled:
        found.append("switched off, nothing starts")
    if entry.due_at is not None:
        found.append(f"due since {_shown(entry.due_at, entry.timezone)}, starts as soon as a server runs")
    if entry.error is not None:
        found.append(entry.error.removeprefix(f"{entry.definition_id}: "))
    return found


def _id(entry: "TimetableEntry") -> str:
    return entry.definition_id


def _next(entry: "TimetableEntry") -> str:
    if not entry.enabled:
        return "off"
    return "never" if entry.next_at is None else _shown(entry.next_at, entry.timezone)


def _last(entry: "TimetableEntry") -> str:
    if entry.last_run is not None:
        return f"{entry.last_run.id} {entry.last_run.state}"
    return "-" if entry.last_planned_at is None else "deleted"


def _shown(moment: int, timezone: str) -> str:
    """`2026-10-25 02:30+02:00`, as the clock shows it in that zone."""
    from zoneinfo import ZoneInfo

    there = datetime.fromtimestamp(moment / 1000, UTC).astimezone(ZoneInfo(timezone))
    return there.isoformat(sep=" ", timespec="minutes")


def _now() -> int:
    from quaero.store.clock import SystemClock

    return SystemClock().wall_ms()
