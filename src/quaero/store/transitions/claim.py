"""Claim: jobs leave the queue, each under a new lease number."""

from collections.abc import Sequence

import msgspec

from quaero.models.job import Job, JobKind, JobState
from quaero.store.journal import Journal
from quaero.store.rows import job_of, to_json
from quaero.store.transaction import Row, Transaction


class ClaimRequest(msgspec.Struct, frozen=True):
    """`types`: what the caller can execute; `root_id`: only this run; `lease_ms`: how long the leases last.

    `after`: the parent that was served last, so that the next one comes first this time.
    """

    owner: str
    types: tuple[str, ...]
    limit: int
    lease_ms: int
    root_id: int | None = None
    after: int = 0


class Claimed(msgspec.Struct, frozen=True):
    """The claimed jobs. `next_at`: when a job that waits for its time can be claimed, if there is one.

    `served`: the parent that was served last.
    """

    jobs: tuple[Job, ...]
    next_at: int | None = None
    served: int = 0


def claim(tx: Transaction, request: ClaimRequest) -> Claimed:
    """Take up to `limit` ready jobs, spread over the parents that have some, within each parent's concurrency."""
    lanes = _in_turn(tx.rows("ready_lanes", root_id=request.root_id), request.after)
    jobs: list[Job] = []
    taken: dict[int, int] = {}
    empty: list[int] = []
    for equal_shares in (True, False):  # first everybody's share, then what others left
        for place, (parent_id, room) in enumerate(lanes):
            left = request.limit - len(jobs)
            share = -(-left // (len(lanes) - place)) if equal_shares else left
            quota = share if room is None else min(share, room - taken.get(parent_id, 0))
            if quota <= 0 or parent_id in empty:
                continue
            found = _claim_lane(tx, request, parent_id, quota)
            jobs.extend(found)
            taken[parent_id] = taken.get(parent_id, 0) + len(found)
            if len(found) < quota:
                empty.append(parent_id)
    _record(tx, jobs)
    served = [parent_id for parent_id, _ in lanes if taken.get(parent_id)]
    return Claimed(
        tuple(jobs), None if jobs else _next_time(tx, empty), served[-1] if served else request.after
    )


def _in_turn(lanes: list[Row], after: int) -> list[Row]:
    """The lanes in order of their ids, beginning behind the one that was served last."""
    return [lane for lane in lanes if lane[0] > after] + [lane for lane in lanes if lane[0] <= after]


def _claim_lane(tx: Transaction, request: ClaimRequest, parent_id: int, limit: int) -> list[Job]:
    rows = tx.rows(
        "claim_jobs",
        parent_id=parent_id,
        owner=request.owner,
        types=to_json(request.types),
        limit=limit,
        now=tx.now,
        lease_until=tx.ticks + request.lease_ms,
    )
    return [job_of(row) for row in rows]


def _record(tx: Transaction, jobs: Sequence[Job]) -> None:
    if not jobs:
        return
    journal = Journal(tx)
    for job in jobs:
        if job.kind is JobKind.PARENT and tx.rows("start_run", id=job.root_id, now=tx.now):
            journal.moved(job.root_id, job.root_id, None, JobState.PENDING, JobState.RUNNING)
        journal.moved(job.id, job.root_id, job.parent_id, JobState.PENDING, JobState.RUNNING)
    journal.flush()


def _next_time(tx: Transaction, parents: Sequence[int]) -> int | None:
    times = [row[0] for parent_id in parents for row in tx.rows("next_run_at", parent_id=parent_id)]
    return min((at for at in times if at is not None and at > tx.now), default=None)
