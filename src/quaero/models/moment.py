"""Moments as programs get them."""

from datetime import UTC, datetime


def iso_time(milliseconds: int | None) -> str | None:
    """Milliseconds since 1970 as ISO 8601 in UTC with milliseconds; None stays None."""
    if milliseconds is None:
        return None
    seconds, rest = divmod(milliseconds, 1000)  # a fraction of a second may be a little less than it was
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> int | None:
    """Milliseconds since 1970 of "2026-11-01" or an ISO 8601 time, UTC unless it says otherwise; None: it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
