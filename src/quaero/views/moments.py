"""What time it is for people."""

import time
from datetime import datetime

from quaero.models.errors import UsageError


def now_ms() -> int:
    """The time as the machine says."""
    return time.time_ns() // 1_000_000


def coming(text: str) -> int:
    """Milliseconds since 1970 of "2030-01-31 03:00", in this machine's zone, or of an ISO time with a zone.

    `UsageError` unless it is a time that is still to come.
    """
    try:
        written = datetime.fromisoformat(text)
        milliseconds = int(written.timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        example = 'write it like "2030-01-31 03:00", or with a zone: 2030-01-31T03:00+01:00'
        raise UsageError(f'"{text}" is not a time; {example}') from None
    if written.tzinfo is None and written.astimezone().replace(tzinfo=None) != written:
        raise UsageError(f'"{text}" does not come: the clocks are set forward then')
    if milliseconds <= now_ms():
        raise UsageError(f'"{text}" has passed')
    return milliseconds
