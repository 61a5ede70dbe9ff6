"""Figures of the store for whoever watches over it: what is open, what has ended, how long that took."""

import msgspec

from quaero.store.reads import QueuedType, queued
from quaero.store.transaction import Reader

RECENT = 500
"""So many child jobs that ended are looked at to say how long jobs wait and run."""


class Ended(msgspec.Struct, frozen=True):
    """Children of all steps of one action that have ended."""

    action: str
    completed: int
    failed: int
    cancelled: int


class RecentEnd(msgspec.Struct, frozen=True):
    """A child job that has ended; times in milliseconds. `wait`: from when it could be claimed; `attempt`: from 1."""

    type: str
    wait: int
    run: int
    attempt: int


class Figures(msgspec.Struct, frozen=True):
    """From one snapshot. `recent`: of the newest jobs."""

    queued: tuple[QueuedType, ...]
    ended: tuple[Ended, ...]
    recent: tuple[RecentEnd, ...]


def figures(reader: Reader, now: int) -> Figures:
    recent = tuple(
        RecentEnd(type_, max(0, started - since), max(0, finished - started), attempt)
        for type_, since, started, finished, attempt in reader.rows("recent_ends", limit=RECENT)
    )
    return Figures(queued(reader, now), tuple(Ended(*row) for row in reader.rows("ended_by_action")), recent)
