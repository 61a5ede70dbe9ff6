"""The timetable: for people, what runs when, also of definitions that no server has seen yet."""

from collections.abc import Callable, Iterator
from heapq import merge
from itertools import islice

import msgspec

from quaero.jobs.agenda import schedule_of
from quaero.jobs.control import Control
from quaero.jobs.machine_zone import machine_zone
from quaero.models.errors import NotFoundError
from quaero.models.job import Job
from quaero.models.schedule import clock_changes, cron_complaint, explain, next_time, times
from quaero.store.transitions.schedules import Schedule, Scheduled

Moment = tuple[int, "TimetableEntry"]


class TimetableEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A definition with a schedule. Times in milliseconds since 1970; `timezone`: "" where it is not known.

    `next_at`: the next planned time from now on, None: never. `due_at`: a planned time that has come and waits for a
    server. `error`: why the last planned time has no run, or why there is no next one.
    """

    definition_id: str
    enabled: bool
    cron: str
    explanation: str
    timezone: str
    next_at: int | None
    due_at: int | None
    last_planned_at: int | None
    last_run: Job | None
    skipped: int
    error: str | None


async def timetable(
    control: Control, now_ms: int, zone: Callable[[], str] = machine_zone
) -> tuple[TimetableEntry, ...]:
    """All definitions with a schedule, by id."""
    system = [stored.definition for stored in await control.definitions("system")]
    found = await control.store.scheduled(system)
    return tuple([await _entry(control, each, now_ms, zone) for each in found if _has_schedule(each)])


async def entry_of(control: Control, definition_id: str, now_ms: int) -> TimetableEntry:
    """That of one definition; `NotFoundError` if there is no such definition, or it has no schedule."""
    for entry in await timetable(control, now_ms):
        if entry.definition_id == definition_id:
            return entry
    await control.definition(definition_id)
    raise NotFoundError(
        "the definition has no schedule", where=definition_id, remedy='Give it one: schedule = "0 3 * * *"'
    )


def coming(entries: tuple[TimetableEntry, ...], now_ms: int, count: int) -> list[Moment]:
    """The next planned times of all of them together, in order, with whose they are."""
    rows = (_moments(entry, now_ms) for entry in entries if not cron_complaint(entry.cron, entry.timezone))
    return list(islice(merge(*rows, key=lambda moment: moment[0]), count))


def changes_of(entry: TimetableEntry, now_ms: int) -> list[str]:
    """What the next changes of the clock do to it, a sentence each."""
    if cron_complaint(entry.cron, entry.timezone):
        return []
    return list(clock_changes(entry.cron, entry.timezone, now_ms))


def _moments(entry: TimetableEntry, now_ms: int) -> Iterator[Moment]:
    return ((moment, entry) for moment in times(entry.cron, entry.timezone, now_ms))


def _has_schedule(each: Scheduled) -> bool:
    return each.definition is None or each.definition.schedule is not None


async def _entry(control: Control, each: Scheduled, now_ms: int, zone: Callable[[], str]) -> TimetableEntry:
    cron = (each.definition.schedule if each.definition is not None else None) or ""
    # One that is switched off is shown as it would be if it were not.
    kept = schedule_of(msgspec.structs.replace(each, enabled=True), now_ms, zone) or Schedule(
        each.definition_id, "", "", 0, None
    )
    due = kept.next_at is not None and kept.next_at <= now_ms
    return TimetableEntry(
        definition_id=each.definition_id,
        enabled=each.enabled,
        cron=cron,
        explanation="" if cron_complaint(cron) else explain(cron),
        timezone=kept.timezone,
        next_at=next_time(kept.cron, kept.timezone, now_ms) if due else kept.next_at,
        due_at=kept.next_at if due and each.enabled else None,
        last_planned_at=kept.last_planned_at,
        last_run=await _job(control, kept.last_run_id),
        skipped=kept.skipped,
        error=kept.error,
    )


async def _job(control: Control, job_id: int | None) -> Job | None:
    """None if there was no run, or it was deleted since."""
    try:
        return None if job_id is None else await control.store.job(job_id)
    except NotFoundError:
        return None
