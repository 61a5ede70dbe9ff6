"""A job: its states, the only legal moves between them, and what is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from quaero.models.errors import ConflictError


class JobState(StrEnum):
    """Where a job stands. The last four are final."""

    WAITING = "waiting"
    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"

    @property
    def final(self) -> bool:
        return self in FINAL_STATES


class JobKind(StrEnum):
    """A run is the root of a tree, its parent jobs are the steps, their child jobs are the units of work."""

    RUN = "run"
    PARENT = "parent"
    CHILD = "child"


FINAL_STATES = frozenset({JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED, JobState.SKIPPED})
OPEN_STATES = frozenset(JobState) - FINAL_STATES

MOVES: frozenset[tuple[JobState, JobState]] = frozenset(
    {
        (JobState.WAITING, JobState.PENDING),  # its turn has come
        (JobState.WAITING, JobState.RUNNING),  # the same, for a reopened step that is planned already
        (JobState.WAITING, JobState.SKIPPED),  # its turn never comes
        (JobState.WAITING, JobState.CANCELLED),
        (JobState.PENDING, JobState.RUNNING),  # claimed
        (JobState.PENDING, JobState.PAUSED),
        (JobState.PENDING, JobState.CANCELLED),
        (JobState.PENDING, JobState.FAILED),  # a step whose timeout passed while it was to be planned again
        (JobState.PAUSED, JobState.PENDING),
        (JobState.PAUSED, JobState.CANCELLED),
        (JobState.PAUSED, JobState.FAILED),  # out of time, or with too many of its children
        (JobState.RUNNING, JobState.COMPLETED),
        (JobState.RUNNING, JobState.FAILED),
        (JobState.RUNNING, JobState.CANCELLED),
        (JobState.RUNNING, JobState.PENDING),  # tried again, given back, or its lease was lost
    }
)

RUN_MOVES: frozenset[tuple[JobState, JobState]] = frozenset(
    {
        (JobState.WAITING, JobState.PAUSED),
        (JobState.PAUSED, JobState.WAITING),
        (JobState.RUNNING, JobState.PAUSED),
        (JobState.PAUSED, JobState.RUNNING),
        (JobState.PAUSED, JobState.COMPLETED),  # what ran when it was paused was all that was left
        (JobState.WAITING, JobState.FAILED),  # its definition cannot be read
    }
)
"""What only a run can do: it is paused while some of its jobs still run, and they may be its last."""

REOPENINGS: frozenset[tuple[JobState, JobState]] = frozenset(
    {
        (JobState.FAILED, JobState.PENDING),  # a child that is tried again
        (JobState.CANCELLED, JobState.PENDING),
        (JobState.FAILED, JobState.WAITING),  # its step, which waits for its turn once more
        (JobState.CANCELLED, JobState.WAITING),
        (JobState.COMPLETED, JobState.WAITING),
        (JobState.SKIPPED, JobState.WAITING),  # a step that had no turn because of it
        (JobState.FAILED, JobState.RUNNING),  # the run of it
        (JobState.CANCELLED, JobState.RUNNING),
        (JobState.COMPLETED, JobState.RUNNING),
    }
)


def check_move(before: JobState, after: JobState, *, run: bool = False, reopening: bool = False) -> None:
    """Raise `ConflictError` unless the move is listed; reopenings only happen when a person asks for a retry."""
    move = (before, after)
    if move in MOVES or (run and move in RUN_MOVES) or (reopening and move in REOPENINGS):
        return
    raise ConflictError(f"a job that is {before} cannot become {after}")


AT_ONCE = 1
"""Up to here `run_at` of a job is a place in the queue, not a time."""


class Job(msgspec.Struct, frozen=True):
    """One job as stored. Times are milliseconds since 1970 by the store's clock; ids are positive integers.

    `depth` is 0 for the children that the manager planned; `discovered_by` is the job that spawned this one.
    `lease_number` grows with every claim: a write that carries an older number is refused.
    """

    id: int
    root_id: int
    parent_id: int | None
    kind: JobKind
    type: str
    name: str
    state: JobState
    config: Mapping[str, Any]
    depth: int = 0
    discovered_by: int | None = None
    attempt: int = 0
    lost_leases: int = 0
    lease_number: int = 0
    lease_owner: str | None = None
    run_at: int = 0
    created_at: int = 0
    started_at: int | None = None
    finished_at: int | None = None
    error_code: str | None = None
    error: str | None = None
    note: str | None = None
    priority: int = 0
    host: str | None = None


class ChildJob(msgspec.Struct, frozen=True):
    """A child to be: what a manager plans and a worker spawns.

    `dedupe_key` names the work by its content (a canonical URL): a second child of the same parent with the same
    key is ignored. Without a key a planned child is known by its place in the plan, a spawned one by its place
    among its spawner's children. Smaller `priority` goes first. `nearest`: what the work spawns depends on its
    depth, so that finding it again nearer to the start matters. `host` names the server that the work burdens: it
    can be paused and limited by that. `run_at`: not before, in milliseconds since 1970; 0: at once.
    """

    type: str
    name: str
    config: Mapping[str, Any]
    dedupe_key: str | None = None
    priority: int = 0
    nearest: bool = False
    host: str | None = None
    run_at: int = 0


@dataclass(frozen=True, slots=True)
class StepLimits:
    """What the store enforces for one parent job.

    `concurrency`: children running at once, over all processes (None: only the processors' own limit).
    `max_documents`: children hold one of so many slots from their creation until they end without a document.
    """

    concurrency: int | None = None
    max_documents: int | None = None
