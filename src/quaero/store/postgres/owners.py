"""Who holds leases, and who of them is dead: each process holds a lock as long as its listening connection lasts.

A server drops the lock when the connection ends, and a connection ends with its process, or with the server itself. So
nobody is dead whose lock is missing for a moment: only who has not come back for a while.
"""

import secrets
import time
from collections.abc import Callable, Sequence

OWNER_BITS = 40
GONE_SECONDS = 5.0
"""How long a lock must be missing."""

LOOKS_APART_SECONDS = 2.5
"""Who looks less often than that has not seen it missing all the time."""


def new_owner(*, with_lock: bool) -> str:
    """A random name for leases, never used again; an even number belongs to a process that holds a lock."""
    return f"{(secrets.randbits(OWNER_BITS) + 1) * 2 + (0 if with_lock else 1):x}"


def holds_lock(name: str) -> bool:
    """Whether the absence of this process's lock would mean anything."""
    try:
        return int(name, 16) % 2 == 0
    except ValueError:
        return False


class Absences:
    """Since when the locks of others are missing, as far as this process has seen."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._missing_since: dict[str, float] = {}
        self._seen_at: dict[str, float] = {}

    def dead(self, asked: Sequence[str], missing: Sequence[str]) -> list[str]:
        """Those of the asked whose locks, `missing` now, have been missing for long enough."""
        now = self._seconds()
        for name in asked:
            if name not in missing or now - self._seen_at.get(name, now) > LOOKS_APART_SECONDS:
                self._missing_since.pop(name, None)
            if name in missing:
                self._missing_since.setdefault(name, now)
                self._seen_at[name] = now
        return [name for name in missing if now - self._missing_since[name] >= GONE_SECONDS]
