"""Parameters that say which jobs are meant."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Path, Query

from quaero.models.errors import UsageError
from quaero.models.job import JobState
from quaero.models.outcome import LogLevel
from quaero.store.reads import JobFilter
from quaero.views.job_query import KEYS, LARGEST_ID, LONGEST, parse_job_query
from quaero.views.nearest import nearest

T = TypeVar("T", bound=StrEnum)

FILTER_MEANING: Final = "Which jobs: all of it must hold. " + " ".join(
    f"`{key.example}`: {key.meaning}." for key in KEYS.values()
)
LONGEST_LIST: Final = 200
NO_NUL: Final = r"^[^\x00]*$"
"""Of texts that are looked for in a database, which may not know that character."""

JobId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="A run, a step or a child job.")]
StateList = Annotated[
    str,
    Query(
        alias="state",
        max_length=LONGEST_LIST,
        description="Only these states, with commas between them.",
        examples=["failed,cancelled"],
    ),
]
LevelList = Annotated[
    str,
    Query(
        alias="level",
        max_length=LONGEST_LIST,
        description="Only these levels (debug, info, warning, error), with commas between them.",
        examples=["warning,error"],
    ),
]


def _wanted(
    text: Annotated[
        str,
        Query(
            alias="filter", max_length=LONGEST, description=FILTER_MEANING, examples=["state:failed age:<1d"]
        ),
    ] = "",
) -> JobFilter:
    return parse_job_query(text)


Wanted = Annotated[JobFilter, Depends(_wanted)]
"""The type of a parameter that a route gets the jobs by which `filter` wants."""


def states_in(text: str) -> tuple[JobState, ...] | None:
    """The states in a list with commas; None: any."""
    return _listed(text, JobState, "state")


def levels_in(text: str) -> tuple[LogLevel, ...] | None:
    """The levels in a list with commas; None: any."""
    return _listed(text, LogLevel, "level")


def id_of(cursor: str | None) -> int | None:
    """The id in a cursor; `UsageError` when it is none."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and 0 <= int(cursor[:20]) <= LARGEST_ID):
        raise UsageError("this is not a cursor", where="cursor", remedy="Begin with the first page")
    return int(cursor)


def _listed(text: str, known: type[T], what: str) -> tuple[T, ...] | None:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in _values(known):
            raise UsageError(
                f'there is no {what} "{name[:40]}"', where=what, remedy=nearest(name, _values(known))
            )
    return tuple(dict.fromkeys(map(known, names))) or None


def _values(known: Iterable[StrEnum]) -> list[str]:
    return [each.value for each in known]
