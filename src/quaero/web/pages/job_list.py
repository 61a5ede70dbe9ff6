"""Pages of lists of jobs: newest first, oldest first, or those that failed before all others."""

from dataclasses import dataclass
from typing import Final

import msgspec

from quaero.models.errors import UsageError
from quaero.models.job import Job, JobState
from quaero.store.reads import JobFilter
from quaero.store.store import Store

ORDERS: Final = ("newest", "oldest", "failed")
ROWS: Final = 50
_FAILED, _OTHER = "failed", "other"


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of jobs, how many there are in all, and the cursor of the next page."""

    jobs: tuple[Job, ...]
    total: int
    next_cursor: str | None


async def listed(store: Store, wanted: JobFilter, order: str, cursor: str, limit: int = ROWS) -> Listed:
    """`order`: one of `ORDERS`; see `can_begin_with_oldest`. `UsageError` for a cursor that no page gave."""
    states = tuple(JobState) if wanted.states is None else wanted.states
    if order != "failed" or JobState.FAILED not in states:
        oldest_first = order == "oldest" and can_begin_with_oldest(wanted)
        page = await store.jobs(wanted, limit=limit, cursor=id_in_cursor(cursor), oldest_first=oldest_first)
        return Listed(page.items, page.total, None if page.next_cursor is None else str(page.next_cursor))
    return await _failed_first(store, wanted, states, cursor, limit)


def can_begin_with_oldest(wanted: JobFilter) -> bool:
    """Only the jobs of one run or parent are kept in that order, too."""
    return wanted.scope == "jobs_below"


async def _failed_first(
    store: Store, wanted: JobFilter, states: tuple[JobState, ...], cursor: str, limit: int
) -> Listed:
    """First all that failed, then all others; the cursor says which of these it is in: `failed-12`, `other-9`."""
    part, _, place = cursor.partition("-") if cursor else (_FAILED, "", "")
    if part not in (_FAILED, _OTHER):
        raise _no_cursor()
    failed = msgspec.structs.replace(wanted, states=(JobState.FAILED,))
    others = msgspec.structs.replace(wanted, states=tuple(each for each in states if each != JobState.FAILED))
    items: tuple[Job, ...] = ()
    first = await store.jobs(failed, limit=limit, cursor=id_in_cursor(place) if part == _FAILED else 0)
    if part == _FAILED:
        items, place = first.items, ""
    if first.next_cursor is not None:
        rest = await store.jobs(others, limit=1, cursor=0)
        return Listed(items, first.total + rest.total, f"{_FAILED}-{first.next_cursor}")
    rest = await store.jobs(others, limit=max(limit - len(items), 1), cursor=id_in_cursor(place))
    shown = (items + rest.items)[:limit]
    more = rest.next_cursor is not None or len(items) + len(rest.items) > limit
    if not more:
        next_cursor = None
    elif len(items) == limit:
        next_cursor = f"{_OTHER}-"
    else:
        next_cursor = f"{_OTHER}-{shown[-1].id}"
    return Listed(shown, first.total + rest.total, next_cursor)


def id_in_cursor(text: str) -> int | None:
    """None for the first page; `UsageError` for what no page gave."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise _no_cursor()
    return int(text)


def _no_cursor() -> UsageError:
    return UsageError("this is not a cursor", where="cursor", remedy="Begin with the first page")
