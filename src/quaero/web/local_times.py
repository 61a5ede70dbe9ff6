"""Moments as the clock on the wall shows them somewhere."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def in_zone(moment: int, timezone: str) -> datetime:
    """Milliseconds since 1970 as the time of a zone."""
    return datetime.fromtimestamp(moment / 1000, UTC).astimezone(ZoneInfo(timezone))


def shown_time(moment: int, timezone: str) -> str:
    """`Sun 25 Oct 2026, 02:30 (Europe/Paris)`."""
    return f"{in_zone(moment, timezone):%a %-d %b %Y, %H:%M} ({timezone})"
