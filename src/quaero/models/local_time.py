"""Local times and moments: what the clock on the wall shows, and when, also while it is being changed.

Moments are whole seconds since 1970. A local time has no zone: it may come twice, or never.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - what a clock on the wall shows has no zone
SECOND = timedelta(seconds=1)


def local_time(zone: ZoneInfo, moment: int) -> datetime:
    return EPOCH + (moment + offset_at(zone, moment)) * SECOND


def moments(zone: ZoneInfo, local: datetime) -> list[int]:
    """The moments at which the clock shows this: one; two where it is set back; none where it is set forward."""
    first, second = offsets(zone, local)
    seconds = as_if_utc(local)
    if first == second:
        return [seconds - first]
    return [seconds - first, seconds - second] if first > second else []


def first_moment(zone: ZoneInfo, local: datetime) -> int:
    """The first moment at which the clock shows this, or has just jumped over it."""
    first, second = offsets(zone, local)
    seconds = as_if_utc(local)
    if first >= second:
        return seconds - first
    return change_between(zone, seconds - second, seconds - first)


def offsets(zone: ZoneInfo, local: datetime) -> tuple[int, int]:
    """Seconds east of UTC at a local time: where it comes twice, the first and the second time.

    Where it never comes: before and after the jump, so that the second is the larger one.
    """
    aware = local.replace(tzinfo=zone)
    return _east(aware), _east(aware.replace(fold=1))


def offset_at(zone: ZoneInfo, moment: int) -> int:
    """Seconds east of UTC."""
    return _east(datetime.fromtimestamp(moment, UTC).astimezone(zone))


def change_between(zone: ZoneInfo, before: int, after: int) -> int:
    """The first moment of the new offset, where the offset changes once in (`before`, `after`]."""
    new = offset_at(zone, after)
    while after - before > 1:
        middle = (before + after) // 2
        if offset_at(zone, middle) == new:
            after = middle
        else:
            before = middle
    return after


def as_if_utc(local: datetime) -> int:
    """Seconds since 1970 of a local time, if it were one of UTC."""
    return (local - EPOCH) // SECOND


def _east(aware: datetime) -> int:
    return int((aware.utcoffset() or timedelta()).total_seconds())
