"""The time of a database: one for all processes of a machine, whatever each of them was told when it started."""

from pathlib import Path

import apsw

from quaero.store.clock import SystemClock
from quaero.store.sqlite.statements import statement

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

UNNOTICED_MS = 1_000
"""Less than that is no clock that was set."""


def shared_clock(connection: apsw.Connection, *, alone: bool) -> SystemClock:
    """The clock that the processes on this database go by.

    The first one since the machine was started writes down what time it was; the others count on from there, so that
    a clock that is set meanwhile ends no run by its timeout and lets no job begin early. A process that has the
    database to itself (`alone`) goes by the machine's time again.
    """
    own = SystemClock()
    boot = _boot()
    if boot is None:
        return own
    known = connection.execute(statement("get_clock")).fetchone()
    if known is not None:
        known_boot, offset_ms = known
        agreed = SystemClock(offset_ms)
        if known_boot == boot and (not alone or abs(own.offset_ms - offset_ms) < UNNOTICED_MS):
            return agreed
    connection.execute(statement("put_clock"), {"boot": boot, "offset_ms": own.offset_ms})
    return own


def _boot() -> str | None:
    """What the system calls the time since it was started; None where it has no name for that."""
    try:
        return BOOT_ID.read_text("ascii").strip()
    except OSError:
        return None
