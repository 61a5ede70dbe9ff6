"""The Retry-After header (RFC 9110, 10.2.3)."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that the server asks to wait, never negative; None when it does not say or cannot be read.

    A date is compared with the server's own `Date` if it sent one, so that a wrong clock here does not
    matter; otherwise with `now`.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return _finite(value)
    when = _date(value)
    if when is None:
        return None
    return max(0.0, (when - (_date(headers.get("date", "")) or now)).total_seconds())


def _finite(digits: str) -> float | None:
    seconds = float(digits)
    return seconds if math.isfinite(seconds) else None


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
