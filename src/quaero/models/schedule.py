"""Schedules: five cron fields in a time zone, as a row of moments. Pure; moments are milliseconds since 1970.

`cronsim` reads the fields and walks the calendar. What happens when the clocks change is decided here, by the rule of
Debian's cron. A schedule is *fixed* when neither its minute nor its hour field begins with `*`:

- fixed, in the hour that is left out in spring: the run starts as soon as the clock has jumped, it is not lost;
- fixed, in the hour that comes twice in autumn: the run starts once, the first time;
- any other schedule follows the clock on the wall: nothing in the missing hour, both times in the doubled one.
"""

from collections.abc import Iterator
from datetime import datetime
from difflib import get_close_matches
from functools import lru_cache
from heapq import heappop, heappush
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cronsim import CronSim, CronSimError

from quaero.models.errors import UsageError
from quaero.models.local_time import (
    EPOCH,
    SECOND,
    change_between,
    first_moment,
    local_time,
    moments,
    offset_at,
    offsets,
)

FIELDS = {
    "minute": "0 to 59",
    "hour": "0 to 23",
    "day of month": "1 to 31, L for the last day, LW for the last weekday",
    "month": "1 to 12, or JAN to DEC",
    "day of week": "0 to 7 (0 and 7 are Sunday), or SUN to SAT, 5L for the last Friday, 1#2 for the second Monday",
}
"""The fields with what each of them takes, beside *, lists, ranges and steps."""

FIVE_FIELDS = "a schedule has 5 fields: minute, hour, day of month, month, day of week"
MOST_COUNTED = 100_000

_LONGEST = 200
_SHORTHANDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_ANY_DAY = datetime(2024, 1, 1)  # noqa: DTZ001 - whether a schedule can come up depends on no zone and no today
_DAY = 86_400
_LOOKED_AHEAD = 400 * _DAY


class ScheduleError(UsageError):
    """A text is not a schedule, or a name no time zone."""

    code = "invalid_schedule"


def cron_complaint(cron: str, timezone: str | None = None) -> str | None:
    """What is wrong with a schedule, for a person; None if nothing is. Without `timezone` only the fields count."""
    return _cron_complaint(cron) or (None if timezone is None else zone_complaint(timezone))


def zone_complaint(timezone: str) -> str | None:
    """What is wrong with the name of a time zone; None if nothing is."""
    if _zone(timezone) is not None:
        return None
    if not available_timezones():
        return "unknown time zone: there is no database of time zones on this machine; install the package tzdata"
    near = nearest_zone(timezone)
    return "unknown time zone" + (f'; did you mean "{near}"?' if near else "")


def nearest_zone(timezone: str) -> str | None:
    """The known time zone whose name looks most like this one."""
    zones = {zone.casefold(): zone for zone in available_timezones()}
    near = get_close_matches(timezone[:100].casefold(), zones, n=1)
    return zones[near[0]] if near else None


def explain(cron: str) -> str:
    """A valid schedule in English: "At 03:00 every day"."""
    return CronSim(cron, _ANY_DAY).explain()


def next_time(cron: str, timezone: str, after_ms: int) -> int | None:
    """The first moment of the schedule after `after_ms`; None if none comes within fifty years."""
    return next(times(cron, timezone, after_ms), None)


def times(cron: str, timezone: str, after_ms: int) -> Iterator[int]:
    """The moments of the schedule after `after_ms`, in order, each once. `ScheduleError` if it cannot be read."""
    complaint = cron_complaint(cron, timezone)
    zone = _zone(timezone)
    if complaint is not None or zone is None:
        raise ScheduleError(complaint or "unknown time zone", where=f"{cron} ({timezone})")
    after = after_ms // 1_000
    found = _fixed(cron, zone, after) if is_fixed(cron) else _following_the_clock(cron, zone, after)
    return (moment * 1_000 for moment in found)


def missed(cron: str, timezone: str, first_ms: int, now_ms: int) -> tuple[int, int]:
    """The newest moment from `first_ms` (itself one) to `now_ms`, and how many there are before it.

    They are counted up to `MOST_COUNTED`.
    """
    newest, older = first_ms, 0
    for moment in _until(cron, timezone, first_ms, now_ms):
        newest, older = moment, older + 1
        if older == MOST_COUNTED:
            return _newest(cron, timezone, newest, now_ms), older
    return newest, older


def is_fixed(cron: str) -> bool:
    """Whether it names times of the day, instead of a rhythm."""
    minute, hour, *_ = cron.split()
    return not (minute.startswith("*") or hour.startswith("*"))


def clock_changes(cron: str, timezone: str, after_ms: int) -> Iterator[str]:
    """What the clock changes of the next 400 days do to the schedule, a sentence each."""
    zone = _zone(timezone)
    if zone is None or cron.split()[1] == "*":  # every hour: nobody minds
        return
    after = after_ms // 1_000
    for day in range(after, after + _LOOKED_AHEAD, _DAY):
        old, new = offset_at(zone, day), offset_at(zone, day + _DAY)
        if old != new:
            change = change_between(zone, day, day + _DAY)
            yield from _effect(cron, EPOCH + (change + old) * SECOND, EPOCH + (change + new) * SECOND)


@lru_cache(maxsize=512)
def _cron_complaint(cron: str) -> str | None:
    words = cron.split()
    if len(cron) > _LONGEST or len(words) != len(FIELDS):
        instead = _SHORTHANDS.get(cron.strip().lower())
        return f'{FIVE_FIELDS}; write it as "{instead}"' if instead else FIVE_FIELDS
    for place, (name, takes) in enumerate(FIELDS.items()):
        if not _readable(place, words[place]):
            bad = f'not a schedule: bad {name} "{words[place]}"'
            return f"{bad} (it takes {takes}; *; parts like 1,5 or 1-5 or */2)"
    try:
        comes = next(CronSim(cron, _ANY_DAY), None) is not None
    except CronSimError:  # each field is good: it is the day that no named month has
        comes = False
    return (
        None if comes else "this schedule never comes up: no day fits its day of month, month and day of week"
    )


def _readable(place: int, word: str) -> bool:
    """Whether the word can be read as the field of that place, when all others are open."""
    fields = ["*"] * len(FIELDS)
    fields[place] = word
    try:
        CronSim(" ".join(fields), _ANY_DAY)
    except (CronSimError, ValueError, AssertionError):
        return False
    return True


@lru_cache(maxsize=512)
def _zone(timezone: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _fixed(cron: str, zone: ZoneInfo, after: int) -> Iterator[int]:
    """Each local time once: the first time that it comes, or as soon as the clock has jumped over it."""
    last = after
    for local in CronSim(cron, local_time(zone, after)):
        moment = first_moment(zone, local)
        if moment > last:
            last = moment
            yield moment


def _following_the_clock(cron: str, zone: ZoneInfo, after: int) -> Iterator[int]:
    """Every moment at which the clock on the wall shows such a local time."""
    start = local_time(zone, after)
    first, second = offsets(zone, start)
    if first > second:
        start -= (first - second) * SECOND  # what the clock has shown in this hour may come once more
    waiting: list[int] = []  # second times, to be sorted in between the first ones
    for local in CronSim(cron, start):
        for moment in moments(zone, local):
            if moment > after:
                heappush(waiting, moment)
        while waiting and waiting[0] <= first_moment(zone, local):
            yield heappop(waiting)
    while waiting:
        yield heappop(waiting)


def _effect(cron: str, old: datetime, new: datetime) -> Iterator[str]:
    """What it does to the schedule when the clock is changed from `old` to `new`."""
    forward = new > old
    hit = [f"{local:%H:%M}" for local in _between(cron, min(old, new), max(old, new))]
    if not hit:
        return
    what = (
        f"on {old:%Y-%m-%d} the clock {'jumps' if forward else 'goes back'} from {old:%H:%M} to {new:%H:%M}"
    )
    shown = hit[0] if len(hit) == 1 else f"{hit[0]} to {hit[-1]}"
    if is_fixed(cron):
        starts = f"at {new:%H:%M}" if forward else "once, the first time"
    elif forward:
        yield f"{what}: {shown} is left out"
        return
    else:
        starts = "both times"
    yield f"{what}: what is planned for {shown} starts {starts}"


def _between(cron: str, start: datetime, end: datetime) -> Iterator[datetime]:
    """The local times of the schedule from `start` until before `end`."""
    for local in CronSim(cron, start - SECOND):
        if local >= end:
            return
        yield local


def _newest(cron: str, timezone: str, known: int, now_ms: int) -> int:
    """The newest moment up to `now_ms`; `known` is an earlier one. Looks back further and further."""
    back = 60_000
    while now_ms - back > known:
        if found := list(_until(cron, timezone, now_ms - back, now_ms)):
            return found[-1]
        back *= 2
    return [known, *_until(cron, timezone, known, now_ms)][-1]


def _until(cron: str, timezone: str, after_ms: int, now_ms: int) -> Iterator[int]:
    for moment in times(cron, timezone, after_ms):
        if moment > now_ms:
            return
        yield moment
