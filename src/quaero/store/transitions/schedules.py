"""Schedules as they are stored: the next planned time of each definition, taken once, by whoever comes first."""

from collections.abc import Sequence

import msgspec

from quaero.models.definition import JobDefinition
from quaero.store.rows import from_json
from quaero.store.transaction import Reader, Row, Transaction
from quaero.store.transitions.launch import Launch, LaunchOptions, at_most_one_open, launch

SWITCHED_OFF = ""
"""Stands for the cron fields of a definition that schedules nothing for now."""


class Schedule(msgspec.Struct, frozen=True):
    """A row of `schedules`. `version`: of the definition when that was last looked at; `error`: see the table."""

    definition_id: str
    cron: str
    timezone: str
    version: int
    next_at: int | None
    last_planned_at: int | None = None
    last_run_id: int | None = None
    skipped: int = 0
    error: str | None = None


class Scheduled(msgspec.Struct, frozen=True):
    """A definition that has a schedule now or had one. `definition` None: what is stored cannot be read.

    `was_off`: since its schedule was stored it was switched off, or scheduled otherwise, for a while. `system`: it
    ships with the program.
    """

    definition_id: str
    definition: JobDefinition | None
    enabled: bool
    version: int
    schedule: Schedule | None = None
    was_off: bool = False
    system: bool = False


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """A planned time that has come. `due`: the planned time as stored; `planned`: the newest one that has come.

    `older`: how many came before that; `following`: the next one, None: never. `version` None: a system definition.
    """

    definition_id: str
    cron: str
    timezone: str
    due: int
    planned: int
    older: int
    following: int | None
    version: int | None


def scheduled(reader: Reader, system: Sequence[JobDefinition]) -> tuple[Scheduled, ...]:
    """Every definition with a schedule, the given system definitions among them, with what is stored of it; by id."""
    schedules = {row[0]: Schedule(*row) for row in reader.rows("list_schedules")}
    found = [
        Scheduled(
            row[0],
            definition_of(row),
            bool(row[2]),
            row[3],
            schedule := schedules.get(row[0]),
            _was_off(reader, row, schedule),
        )
        for row in reader.rows("scheduled_definitions")
    ]
    found += [
        Scheduled(each.id, each, each.enabled, 0, schedules.get(each.id), system=True)
        for each in system
        if each.schedule is not None or each.id in schedules
    ]
    return tuple(sorted(found, key=lambda each: each.definition_id))


def to_start(reader: Reader) -> tuple[tuple[str, JobDefinition | None], ...]:
    """The ids and definitions that run once when a server starts; None: what is stored cannot be read."""
    return tuple((row[0], definition_of(row)) for row in reader.rows("definitions_to_start"))


def definition_of(row: Row) -> JobDefinition | None:
    """Of a row that begins with id and body."""
    try:
        return JobDefinition.from_json(from_json(row[1]))
    except (KeyError, TypeError, ValueError):
        return None


def _was_off(reader: Reader, row: Row, schedule: Schedule | None) -> bool:
    definition_id, _, _, version = row
    if schedule is None or schedule.version == version:
        return False
    since = {"version": schedule.version, "cron": schedule.cron, "timezone": schedule.timezone}
    return bool(reader.rows("schedule_was_off", definition_id=definition_id, **since))


def change_schedules(tx: Transaction, changes: Sequence[tuple[Schedule | None, Schedule | None]]) -> None:
    """Write schedules, each as (the schedule as it was read, what it is now); None: there is none.

    A schedule that somebody else has changed meanwhile stays as it is.
    """
    for old, new in changes:
        if new is None:
            if old is not None:
                tx.rows("delete_schedule", definition_id=old.definition_id)
            continue
        values = {
            "definition_id": new.definition_id,
            "cron": new.cron,
            "timezone": new.timezone,
            "version": new.version,
            "next_at": new.next_at,
            "error": new.error,
        }
        if old is None:
            tx.rows("insert_schedule", **values)
        else:
            as_read = {
                f"old_{name}": getattr(old, name) for name in ("cron", "timezone", "version", "next_at")
            }
            tx.rows("change_schedule", **values, **as_read)


def fire(tx: Transaction, firing: Firing, what: Launch) -> int | None:
    """Start the run of a planned time; its id. None if there is none to start.

    Nothing happens if another server took the time, or if the definition was changed meanwhile. Without `overlap` an
    open run stands in the way: then the time is skipped.
    """
    key = f"schedule:{firing.definition_id}:{firing.planned}"
    options = LaunchOptions(key=key, launched_by="schedule")
    tx.hold(*sorted({f"launch {firing.definition_id}"} | at_most_one_open(what, options)))
    if not _take(tx, firing):
        return None
    found = tx.rows("run_of_key", launch_key=key)
    if not found and not what.definition.overlap and _is_open(tx, firing.definition_id):
        tx.rows("add_skipped", definition_id=firing.definition_id, skipped=firing.older + 1, error=None)
        return None
    run_id = launch(tx, what, options)
    tx.rows("add_skipped", definition_id=firing.definition_id, skipped=firing.older, error=None)
    tx.rows("set_planned_run", definition_id=firing.definition_id, planned=firing.planned, run_id=run_id)
    return run_id


def skip(tx: Transaction, firing: Firing, error: str) -> None:
    """Give up a planned time whose run cannot be started, and say why."""
    if _take(tx, firing):
        tx.rows("add_skipped", definition_id=firing.definition_id, skipped=firing.older + 1, error=error)


def _take(tx: Transaction, firing: Firing) -> bool:
    if firing.version is not None and not tx.rows(
        "still_scheduled", definition_id=firing.definition_id, version=firing.version
    ):
        return False
    taken = tx.rows(
        "take_planned_time",
        definition_id=firing.definition_id,
        cron=firing.cron,
        timezone=firing.timezone,
        due=firing.due,
        following=firing.following,
    )
    return bool(taken)


def _is_open(tx: Transaction, definition_id: str) -> bool:
    return bool(tx.rows("open_run_of_definition", definition_id=definition_id))
