"""Planning: a manager's children, chunk by chunk, under the lease of its parent job."""

from collections.abc import Sequence

from quaero.models.errors import LeaseLostError
from quaero.models.job import ChildJob, Job, JobState, StepLimits
from quaero.store.journal import Journal
from quaero.store.transaction import Transaction
from quaero.store.transitions.spawn import Origin, spawn
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
    _fence(tx, parent)
    journal = Journal(tx)
    closed = tx.ask("close_plan", parent_id=parent.id) if last else None
    spawn(tx, journal, Origin(parent.root_id, parent.id, 0, None), children)
    journal.count(parent.id, planned=len(children))
    if closed is not None:
        tx.rows("give_up_lease", id=parent.id, lease_number=parent.lease_number)
        if any(failed for (failed,) in closed()):
            apply_tolerance(tx, journal, [parent.id])  # a share of failures can be judged from now on
    journal.flush()


def fail_plan(tx: Transaction, parent: Job, code: str, error: str) -> None:
    """Planning failed for good: the parent ends as failed, children that it already has are cancelled."""
    _fence(tx, parent)
    journal = Journal(tx)
    close_tree(tx, journal, parent, JobState.FAILED, code, error)
    journal.flush()


def _fence(tx: Transaction, parent: Job) -> None:
    tx.lock([parent.id])
    if not tx.rows("held_lease", id=parent.id, lease_number=parent.lease_number):
        raise LeaseLostError("the lease of this parent job is gone", where=f"job {parent.id}")
