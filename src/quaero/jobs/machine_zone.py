"""The time zone of this machine, by its IANA name."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from quaero.models.schedule import ScheduleError, zone_complaint

ETC = Path("/etc")
_FOLDER = "zoneinfo/"  # of the zone database, wherever that is
_REMEDY = 'Name it in the definition, for example timezone = "Europe/Paris"'


def machine_zone(environment: Mapping[str, str] = os.environ, etc: Path = ETC) -> str:
    """What `TZ` says, or else what the system was set to; "UTC" where nothing is set, as the C library does.

    `ScheduleError` where the zone has no name that is known: its clock changes could not be foreseen.
    """
    name = environment.get("TZ", "").removeprefix(":")
    if name:
        if zone_complaint(name):
            raise ScheduleError("the time zone in TZ is not a known name", where=f"TZ={name}", remedy=_REMEDY)
        return name
    localtime = etc / "localtime"
    if not localtime.exists():
        return "UTC"
    known = (name for name in _names(localtime, etc / "timezone") if not zone_complaint(name))
    if name := next(known, ""):
        return name
    raise ScheduleError(
        "the time zone of this machine has no known name", where=str(localtime), remedy=_REMEDY
    )


def _names(localtime: Path, written: Path) -> Iterator[str]:
    """What the link leads to; where it is a file of its own, what is written beside it."""
    if localtime.is_symlink():
        yield str(localtime.resolve()).rpartition(_FOLDER)[2]
    elif written.is_file():
        yield written.read_text("utf-8", "replace").strip()
