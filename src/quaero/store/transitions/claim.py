"""Claim: jobs leave the queue, each under a new lease number."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import msgspec

from quaero.models.job import Job, JobKind, JobState
from quaero.store.journal import Journal
from quaero.store.rows import job_of, to_json
from quaero.store.transaction import Row, Transaction
from quaero.store.transitions.gates import Rooms


class ClaimRequest(msgspec.Struct, frozen=True):
    """`types`: what the caller can execute; `root_id`: only this run; `lease_ms`: how long the leases last.

    `after`: by priority of the runs, the parent that came first last time, so that the next one does now. Of the jobs
    whose suspicion
    of killing their worker has reached `suspect_from` a process executes one at a time, so that no other goes down
    with the one that does it.
    """

    owner: str
    types: tuple[str, ...]
    limit: int
    lease_ms: int
    root_id: int | None = None
    after: Mapping[int, int] = {}
    suspect_from: float = 5.0


class Claimed(msgspec.Struct, frozen=True):
    """The claimed jobs. `next_at`: when a job that waits for its time can be claimed, if there is one.

    `served`: by priority of the runs, the parent that came first.
    """

    jobs: tuple[Job, ...]
    next_at: int | None = None
    served: Mapping[int, int] = {}


class Lane(msgspec.Struct):
    """A parent with pending jobs. `room`: how many more of them may run; None: any number."""

    parent_id: int
    room: int | None
    run_priority: int
    definition_id: str
    kind: JobKind
    empty: bool = False
    taken: int = 0

    @property
    def children(self) -> bool:
        return self.kind == JobKind.PARENT


def claim(tx: Transaction, request: ClaimRequest) -> Claimed:
    """Take up to `limit` ready jobs: runs of smaller priority first, equal ones in equal shares.

    Within each parent's concurrency, and within what the gates let through.
    """
    lanes = [Lane(*row) for row in tx.rows("ready_lanes", root_id=request.root_id, now=tx.now)]
    claiming = _Claiming(tx, request)
    served: dict[int, int] = {}
    for priority, equals in groupby(lanes, key=lambda lane: lane.run_priority):
        in_turn = _in_turn(list(equals), request.after.get(priority, 0))
        claiming.share_out(in_turn)
        first = next((lane.parent_id for lane in in_turn if lane.taken), None)
        if first is not None:
            served[priority] = first
    _record(tx, claiming.jobs)
    empty = [lane.parent_id for lane in lanes if lane.empty]
    next_at = None if claiming.jobs else _next_time(tx, empty)
    return Claimed(tuple(claiming.jobs), next_at, served)


def _in_turn(lanes: list[Lane], after: int) -> list[Lane]:
    """The lanes in order of their ids, beginning behind the one that came first last time."""
    return [lane for lane in lanes if lane.parent_id > after] + [
        lane for lane in lanes if lane.parent_id <= after
    ]


class _Claiming:
    """One claim while it is made."""

    def __init__(self, tx: Transaction, request: ClaimRequest) -> None:
        self._tx, self._request = tx, request
        self._rooms = Rooms(tx)
        self._no_more_suspects = False
        self.jobs: list[Job] = []

    def share_out(self, lanes: Sequence[Lane]) -> None:
        for equal_shares in (True, False):  # first everybody's share, then what others left
            for place, lane in enumerate(lanes):
                left = self._request.limit - len(self.jobs)
                share = -(-left // (len(lanes) - place)) if equal_shares else left
                quota = share if lane.room is None else min(share, lane.room - lane.taken)
                quota = min(quota, self._rooms.for_lane(lane.definition_id, children=lane.children))
                if quota > 0 and not lane.empty:
                    self._take(lane, self._choose(lane, quota))

    def _choose(self, lane: Lane, quota: int) -> list[int]:
        """Up to `quota` jobs of one parent. Who refuses a job is full from then on, so this comes to an end."""
        chosen: list[int] = []
        while quota > len(chosen):
            wanted = quota - len(chosen)
            ready = self._ready(lane, chosen, wanted)
            admitted = [
                job_id
                for job_id, type_, host, suspect in ready
                if (not suspect or self._admits_suspect())
                and (not lane.children or self._rooms.admit(lane.definition_id, type_, host))
            ]
            chosen += admitted
            lane.empty = len(ready) < wanted
            if lane.empty or len(admitted) == len(ready):
                break
        return chosen

    def _ready(self, lane: Lane, chosen: Sequence[int], limit: int) -> list[Row]:
        return self._tx.rows(
            "ready_jobs",
            parent_id=lane.parent_id,
            types=to_json(self._rooms.open_types(self._request.types, children=lane.children)),
            full_hosts=to_json(self._rooms.full_hosts),
            suspect_from=self._request.suspect_from,
            suspects=int(not self._no_more_suspects),
            skip=to_json(chosen),
            limit=limit,
            now=self._tx.now,
        )

    def _admits_suspect(self) -> bool:
        """Whether there is a place for a job that may be what kills its worker; the first to ask may get it."""
        if self._no_more_suspects:
            return False
        self._no_more_suspects = True
        owner, suspect_from = self._request.owner, self._request.suspect_from
        return not self._tx.rows("holds_suspect", owner=owner, suspect_from=suspect_from)

    def _take(self, lane: Lane, ids: Sequence[int]) -> None:
        if ids:
            rows = self._tx.rows(
                "claim_jobs",
                ids=to_json(ids),
                owner=self._request.owner,
                now=self._tx.now,
                lease_until=self._tx.ticks + self._request.lease_ms,
            )
            lane.taken += len(rows)
            self.jobs += map(job_of, rows)


def _record(tx: Transaction, jobs: Sequence[Job]) -> None:
    if not jobs:
        return
    journal = Journal(tx)
    for job in jobs:
        if job.kind is JobKind.PARENT:
            if tx.rows("start_run", id=job.root_id, now=tx.now):
                tx.rows("start_deadline", job_id=job.root_id, now=tx.now)
                journal.moved(job.root_id, job.root_id, None, JobState.PENDING, JobState.RUNNING)
            tx.rows("start_deadline", job_id=job.id, now=tx.now)
        journal.moved(job.id, job.root_id, job.parent_id, JobState.PENDING, JobState.RUNNING)
    journal.flush()


def _next_time(tx: Transaction, parents: Sequence[int]) -> int | None:
    times = [row[0] for parent_id in parents for row in tx.rows("next_run_at", parent_id=parent_id)]
    times += [row[0] for row in tx.rows("next_run_start", now=tx.now)]
    return min((at for at in times if at is not None and at > tx.now), default=None)
