"""Claim: jobs leave the queue, each under a new lease number."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import msgspec

from quaero.models.job import Job, JobKind, JobState
from quaero.store.journal import Journal
from quaero.store.rows import job_of, to_json
from quaero.store.transaction import Answer, Row, Transaction
from quaero.store.transitions.gates import Rooms, what_gates_let_through

FEWEST_LANES = 16
"""Parents that one claim looks at together at least, however few jobs it wants."""


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

    `served`: by priority of the runs, the parent that came first. `busy`: other transactions had every run in hand in
    which there may be something to do; they are through in a few milliseconds.
    """

    jobs: tuple[Job, ...]
    next_at: int | None = None
    served: Mapping[int, int] = {}
    busy: bool = False


NOTHING = Claimed(())


class InHand(NamedTuple):
    """A run that the transaction had locked before it looked for lanes, and the first ready jobs of one of its parents.

    As many of them as the claim wants at the most, if there are; `parent_id` 0: they were used.
    """

    run_id: int
    parent_id: int
    ready: Answer


class Lane(msgspec.Struct):
    """A parent with pending jobs. `room`: how many more of them may run; None: any number."""

    parent_id: int
    run_id: int
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
    rooms = what_gates_let_through(tx)
    claiming = _Claiming(tx, request, rooms)
    served = claiming.take_in_turn(_ask_for_lanes(tx, request)())
    _record(tx, claiming.jobs)
    next_at = None if claiming.jobs else _next_time(tx, claiming.empty)
    return Claimed(tuple(claiming.jobs), next_at, served, claiming.others_are_at_all)


def claim_planned(tx: Transaction, request: ClaimRequest, parent: Job) -> Callable[[], Claimed]:
    """The claim of a transaction that has the parent's run in hand, and has just sent new children of it.

    Everything is asked at once; the rest is done when it is called for, after the children are recorded. It never
    waits for others: where somebody has set gates, or is about to, it takes nothing.
    """
    gates_are_held = tx.try_hold_gates()
    found = tx.ask("get_gates")
    lanes = _ask_for_lanes(tx, request, planned=parent.id)
    ready = _ask_for_ready(tx, request, parent.id, limit=request.limit)

    def go_on() -> Claimed:
        if not gates_are_held() or found():
            return NOTHING
        in_hand = InHand(parent.root_id, parent.id, ready)
        claiming = _Claiming(tx, request, Rooms(tx, ()), in_hand)
        served = claiming.take_in_turn(lanes())
        _record(tx, claiming.jobs)
        return Claimed(tuple(claiming.jobs), None, served)

    return go_on


def _ask_for_lanes(
    tx: Transaction, request: ClaimRequest, runs: Sequence[int] | None = None, planned: int | None = None
) -> Callable[[], list[Lane]]:
    """The parents with pending jobs, of these runs or of all that the request is about; by priority, then id.

    `planned`: one that is to be among them, because its new children are not counted yet.
    """
    if runs is None and request.root_id is not None:
        runs = [request.root_id]
    answer = tx.ask("ready_lanes", runs=None if runs is None else to_json(runs), now=tx.now, planned=planned)
    return lambda: [Lane(*row) for row in answer()]


def _ask_for_ready(
    tx: Transaction,
    request: ClaimRequest,
    parent_id: int,
    *,
    limit: int,
    types: Sequence[str] | None = None,
    full_hosts: Sequence[str] = (),
    skip: Sequence[int] = (),
    suspects: bool = True,
) -> Answer:
    """The first jobs of a parent, as (id, type, host, suspect); `types`: None for all of the request."""
    return tx.ask(
        "ready_jobs",
        parent_id=parent_id,
        types=to_json(request.types if types is None else types),
        full_hosts=to_json(full_hosts),
        suspect_from=request.suspect_from,
        suspects=int(suspects),
        skip=to_json(skip),
        limit=limit,
        now=tx.now,
    )


def _in_turn(lanes: list[Lane], after: int) -> list[Lane]:
    """The lanes in order of their ids, beginning behind the one that came first last time."""
    return [lane for lane in lanes if lane.parent_id > after] + [
        lane for lane in lanes if lane.parent_id <= after
    ]


class _Claiming:
    """One claim while it is made. `in_hand`: what the transaction has locked and asked for before."""

    def __init__(
        self, tx: Transaction, request: ClaimRequest, rooms: Rooms, in_hand: InHand | None = None
    ) -> None:
        self._tx, self._request, self._rooms, self._in_hand = tx, request, rooms, in_hand
        self._no_more_suspects = False
        self._locked: list[Lane] = []
        self._busy = False
        self.jobs: list[Job] = []

    @property
    def others_are_at_all(self) -> bool:
        """Whether there may be something to do, but only in runs that other transactions have in hand."""
        return self._busy and not self._locked

    @property
    def empty(self) -> list[int]:
        """The parents that had no ready job left."""
        return [lane.parent_id for lane in self._locked if lane.empty]

    def first_served(self, priority: int) -> int | None:
        """Of the parents of this priority the first one that gave a job."""
        served = (lane.parent_id for lane in self._locked if lane.run_priority == priority and lane.taken)
        return next(served, None)

    def take_in_turn(self, lanes: Sequence[Lane]) -> dict[int, int]:
        """Take jobs of these lanes, priority by priority; the parents that came first."""
        served: dict[int, int] = {}
        for priority, equals in groupby(lanes, key=lambda lane: lane.run_priority):
            self.take_from(_in_turn(list(equals), self._request.after.get(priority, 0)))
            first = self.first_served(priority)
            if first is not None:
                served[priority] = first
        return served

    def take_from(self, lanes: Sequence[Lane]) -> None:
        """Take jobs of these lanes, as far as nobody else is at their runs; no more runs at once than are needed."""
        at_once = max(self._request.limit, FEWEST_LANES)
        for start in range(0, len(lanes), at_once):
            if len(self.jobs) < self._request.limit:
                some = lanes[start : start + at_once]
                locked, fresh = self._try_lock(some)
                self._busy |= any(lane.run_id not in locked for lane in some)
                self._share_out_again(some, [lane for lane in fresh if lane.run_id in locked])

    def _try_lock(self, lanes: Sequence[Lane]) -> tuple[set[int], list[Lane]]:
        """The runs that are ours now, and all lanes as they are with these locks.

        To claim children changes nothing else; what is to be planned may begin a run. A run that was locked before
        the lanes were asked for needs neither.
        """
        in_hand = {self._in_hand.run_id} if self._in_hand is not None else set()
        known = [lane for lane in lanes if lane.run_id in in_hand]
        runs = {lane.run_id for lane in lanes} - in_hand
        if not runs:
            return in_hand, known
        alone = {lane.run_id for lane in lanes if not lane.children} & runs
        answers = [
            self._tx.try_lock(sorted(some), shared=some is not alone)
            for some in (alone, runs - alone)
            if some
        ]
        fresh = _ask_for_lanes(self._tx, self._request, sorted(runs))()
        return in_hand | {run_id for answer in answers for (run_id,) in answer()}, known + fresh

    def _share_out_again(self, seen: Sequence[Lane], locked: Sequence[Lane]) -> None:
        """Share out the lanes that are locked, as they are now, in the order in which they were seen before."""
        fresh = {lane.parent_id: lane for lane in locked}
        lanes = [fresh[lane.parent_id] for lane in seen if lane.parent_id in fresh]
        self._locked += lanes
        self._share_out(lanes)

    def _share_out(self, lanes: Sequence[Lane]) -> None:
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
        if self._in_hand is not None and self._in_hand.parent_id == lane.parent_id:
            asked, self._in_hand = self._in_hand.ready(), self._in_hand._replace(parent_id=0)
            return asked[:limit]
        return _ask_for_ready(
            self._tx,
            self._request,
            lane.parent_id,
            limit=limit,
            types=self._rooms.open_types(self._request.types, children=lane.children),
            full_hosts=self._rooms.full_hosts,
            skip=chosen,
            suspects=not self._no_more_suspects,
        )()

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
            claimed = {row[0]: row for row in rows}  # told in any order; they begin as they were chosen
            lane.taken += len(rows)
            self.jobs += [job_of(claimed[job_id]) for job_id in ids if job_id in claimed]


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
