"""Planning: a manager's children, chunk by chunk, under the lease of its parent job."""

from collections.abc import Sequence

from quaero.models.errors import LeaseLostError
from quaero.models.job import ChildJob, Job, JobState, StepLimits
from quaero.store.journal import Journal
from quaero.store.parked import ParkedClaim
from quaero.store.transaction import Answer, Change, Transaction
from quaero.store.transitions.claim import NOTHING, Claimed, claim_planned
from quaero.store.transitions.spawn import Origin, begin_spawn
from quaero.store.transitions.tolerance import apply_tolerance
from quaero.store.transitions.trees import close_tree


def begin_plan(tx: Transaction, parent: Job, limits: StepLimits) -> int:
    """Set the parent's limits; how many children an earlier, interrupted planning already stored."""
    _fence(tx, parent)
    tx.rows(
        "set_limits",
        parent_id=parent.id,
        concurrency=limits.concurrency,
        max_documents=limits.max_documents,
    )
    [(_, _, planned)] = tx.rows("parent_limits", parent_id=parent.id)
    return int(planned)


def add_planned(tx: Transaction, parent: Job, children: Sequence[ChildJob], last: bool) -> None:
    """Store one chunk of the plan; the last chunk marks the plan closed and gives up the lease."""
    chunk = _Chunk(tx, parent, children, last)
    chunk.record()
    chunk.journal.flush()


def plan_and_claim(
    tx: Transaction, parent: Job, children: Sequence[ChildJob], last: bool, parked: ParkedClaim
) -> Claimed:
    """`add_planned`, and the claim that waits for work: what it takes, of this and of everything else.

    It takes nothing when it was withdrawn, where others are at the gates, or when the step may have just ended.
    """
    parked.put_back()
    chunk = _Chunk(tx, parent, children, last)
    claim = claim_planned(tx, parked.request, parent) if parked.take() else None
    new = chunk.record()
    claimed = NOTHING if claim is None or chunk.may_have_ended else claim()
    if claimed.jobs and not {job.id for job in claimed.jobs}.issuperset(new):
        tx.touch(Change.READY)  # the counts do not tell when older jobs were taken in place of new ones
    chunk.journal.flush()
    return claimed


class _Chunk:
    """One chunk of a plan; sent at once, in as few answers as possible."""

    def __init__(self, tx: Transaction, parent: Job, children: Sequence[ChildJob], last: bool) -> None:
        self._tx, self._parent, self._planned = tx, parent, len(children)
        self.journal = Journal(tx)
        self.may_have_ended = False
        held = _ask_for_lease(tx, parent)
        asked = tx.ask("close_plan" if last else "parent_limits", parent_id=parent.id)
        _require(held, parent)
        [(limit, taken, failed)] = asked()
        self._last, self._judge = last, last and failed  # a share of failures can be judged from now on
        origin = Origin(parent.root_id, parent.id, 0, None)
        _, self._inserted = begin_spawn(tx, self.journal, origin, children, (limit, taken))

    def record(self) -> Sequence[int]:
        """Wait for what was sent and do what follows from it; the ids of the new jobs."""
        new = self._inserted()
        parent = self._parent
        self.journal.count(parent.id, planned=self._planned)
        if self._last:
            self._tx.rows("give_up_lease", id=parent.id, lease_number=parent.lease_number)
        if self._judge:
            self.may_have_ended = True
            apply_tolerance(self._tx, self.journal, [parent.id])
        return new


def fail_plan(tx: Transaction, parent: Job, code: str, error: str) -> None:
    """Planning failed for good: the parent ends as failed, children that it already has are cancelled."""
    _fence(tx, parent)
    journal = Journal(tx)
    close_tree(tx, journal, parent, JobState.FAILED, code, error)
    journal.flush()


def _fence(tx: Transaction, parent: Job) -> None:
    _require(_ask_for_lease(tx, parent), parent)


def _ask_for_lease(tx: Transaction, parent: Job) -> Answer:
    tx.lock([parent.id])
    return tx.ask("held_lease", id=parent.id, lease_number=parent.lease_number)


def _require(held: Answer, parent: Job) -> None:
    if not held():
        raise LeaseLostError("the lease of this parent job is gone", where=f"job {parent.id}")
