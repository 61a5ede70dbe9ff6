"""`quaero schedule list` and `next`: what runs when."""

from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import MOST_ITEMS, as_json, print_next_page
from quaero.cli.paging import page_by_name
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json, print_table
from quaero.views.paging import page_of
from quaero.views.shapes import listing
from quaero.views.system_shapes import planned_json, schedule_json, shown_there
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
        items = [planned_json(moment, each) for moment, each in moments]
        print_json(listing(items, None, None) | {"clock_changes": changes})
        return
    print_table(
        ("time", "zone", "id"),
        [(shown_there(moment, each.timezone), each.timezone, _id(each)) for moment, each in moments],
    )
    for line in changes:
        click.echo(line)
    if definition is not None:
        for line in _remarks(entries[0]):
            click.echo(one_line(f"{definition}: {line}"))


def _remarks(entry: "TimetableEntry") -> list[str]:
    found = []
    if not entry.enabled:
        found.append("switched off, nothing starts")
    if entry.due_at is not None:
        found.append(
            f"due since {shown_there(entry.due_at, entry.timezone)}, starts as soon as a server runs"
        )
    if entry.error is not None:
        found.append(entry.error.removeprefix(f"{entry.definition_id}: "))
    return found


def _id(entry: "TimetableEntry") -> str:
    return entry.definition_id


def _next(entry: "TimetableEntry") -> str:
    if not entry.enabled:
        return "off"
    return "never" if entry.next_at is None else shown_there(entry.next_at, entry.timezone)


def _last(entry: "TimetableEntry") -> str:
    if entry.last_run is not None:
        return f"{entry.last_run.id} {entry.last_run.state}"
    return "-" if entry.last_planned_at is None else "deleted"


def _now() -> int:
    from quaero.store.clock import SystemClock

    return SystemClock().wall_ms()
