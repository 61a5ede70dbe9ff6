"""Which versions of Quaero work on a database."""

from collections.abc import Iterable, Sequence
from importlib.metadata import version as version_of

from quaero.store.reads import Process
from quaero.views.text import one_line

MOST_NAMED = 5
"""So many processes of one version are named; the rest is counted."""


def by_version(processes: Iterable[Process]) -> dict[str, list[Process]]:
    """The processes by their version, in the order of the texts."""
    found: dict[str, list[Process]] = {}
    for process in sorted(processes, key=lambda process: (process.version, process.host, process.pid)):
        found.setdefault(process.version, []).append(process)
    return found


def warning_of(processes: Sequence[Process]) -> str:
    """What to say when they are not all of the version of this program; else nothing."""
    own = version_of("quaero")
    others = {*by_version(processes)} - {own}
    if not others:
        return ""
    named = ", ".join(map(one_line, sorted(others)))
    return f"processes of another version work on this database ({named}; this is {own}): update them all"


def versions_text(processes: Sequence[Process]) -> str:
    """`0.1.0: worker 12 on alpha, server 44 on beta`, one after the other."""
    return "; ".join(
        f"{one_line(version)}: {_named(those)}" for version, those in by_version(processes).items()
    )


def _named(processes: Sequence[Process]) -> str:
    names = [
        one_line(f"{process.role} {process.pid} on {process.host}") for process in processes[:MOST_NAMED]
    ]
    more = len(processes) - MOST_NAMED
    return ", ".join([*names, f"{more} more"] if more > 0 else names)
