"""The agenda: what is to be done about schedules at a given moment. Pure."""

from collections.abc import Callable, Iterable

import msgspec

from quaero.models.definition import JobDefinition
from quaero.models.errors import QuaeroError
from quaero.models.schedule import cron_complaint, missed, next_time
from quaero.store.transitions.schedules import SWITCHED_OFF, Firing, Schedule, Scheduled

UNREADABLE = "the stored definition cannot be read"
CLOCK_TOLERANCE_MS = 60_000
"""A clock that is set back by less repeats no planned time."""


class Agenda(msgspec.Struct, frozen=True):
    """`changes`: as (what is stored, what is to be); `due`: runs to be started; `next_at`: when to look again."""

    changes: tuple[tuple[Schedule | None, Schedule | None], ...]
    due: tuple[tuple[Firing, JobDefinition], ...]
    next_at: int | None


def agenda(found: Iterable[Scheduled], now_ms: int, machine_zone: Callable[[], str]) -> Agenda:
    """What is to be done now. `machine_zone` is asked for definitions without a time zone."""
    changes: list[tuple[Schedule | None, Schedule | None]] = []
    due: list[tuple[Firing, JobDefinition]] = []
    times: list[int] = []
    for each in found:
        kept = schedule_of(each, now_ms, machine_zone)
        if kept != each.schedule:
            changes.append((each.schedule, kept))
        elif (
            each.definition is not None
            and kept is not None
            and kept.next_at is not None
            and kept.next_at <= now_ms
        ):
            due.append((_firing(each, kept, kept.next_at, now_ms), each.definition))
        if kept is not None and kept.next_at is not None:
            times.append(kept.next_at)
    return Agenda(tuple(changes), tuple(due), min(times, default=None))


def schedule_of(each: Scheduled, now_ms: int, machine_zone: Callable[[], str]) -> Schedule | None:
    """What should be stored for the definition now; None: nothing.

    It stays as it is while the definition asks for the same. Otherwise it is made anew from now on: whatever would
    have been planned for the past, by another schedule or while it was switched off, is not made up for.
    """
    definition, kept = each.definition, each.schedule
    if definition is None:
        return _with(each, SWITCHED_OFF, "", None, UNREADABLE)
    if definition.schedule is None:
        return None
    if not each.enabled:
        return _with(each, SWITCHED_OFF, "", None, None) if kept is not None else None
    try:
        zone = definition.timezone or machine_zone()
    except QuaeroError as error:
        return _with(each, definition.schedule, "", None, error.line())
    if complaint := cron_complaint(definition.schedule, zone):
        return _with(each, definition.schedule, zone, None, complaint)
    if kept is not None and _holds(each, kept, definition.schedule, zone, now_ms):
        return msgspec.structs.replace(kept, version=each.version)
    return _with(each, definition.schedule, zone, next_time(definition.schedule, zone, now_ms), None)


def _with(each: Scheduled, cron: str, timezone: str, next_at: int | None, error: str | None) -> Schedule:
    """These values, with what is known of the past."""
    kept = each.schedule or Schedule(each.definition_id, "", "", 0, None)
    return msgspec.structs.replace(
        kept, cron=cron, timezone=timezone, version=each.version, next_at=next_at, error=error
    )


def _holds(each: Scheduled, kept: Schedule, cron: str, zone: str, now_ms: int) -> bool:
    failed = kept.next_at is None and kept.error is not None  # for a reason that is gone
    same = (kept.cron, kept.timezone) == (cron, zone)
    return same and not failed and not each.was_off and not _beyond(kept, now_ms)


def _beyond(kept: Schedule, now_ms: int) -> bool:
    """Whether it was planned by a clock that was ahead: then there is an earlier time to come.

    A time that had its run already gets no second one: the key of the launch sees to that.
    """
    if kept.next_at is None or kept.next_at <= now_ms:
        return False
    soon = next_time(kept.cron, kept.timezone, now_ms + CLOCK_TOLERANCE_MS)
    return soon is not None and soon < kept.next_at


def _firing(each: Scheduled, kept: Schedule, due: int, now_ms: int) -> Firing:
    newest, older = missed(kept.cron, kept.timezone, due, now_ms)
    return Firing(
        definition_id=each.definition_id,
        cron=kept.cron,
        timezone=kept.timezone,
        due=due,
        planned=newest,
        older=older,
        following=next_time(kept.cron, kept.timezone, now_ms),
        version=None if each.system else each.version,
    )
