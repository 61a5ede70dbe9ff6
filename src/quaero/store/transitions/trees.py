"""Closing open parts of a tree at once: cancel, timeout, a failed plan, a crossed tolerance."""

from quaero.models.event import JobCancelled, JobCompleted, JobFailed, RunEnded
from quaero.models.job import Job, JobKind, JobState
from quaero.store.journal import Journal
from quaero.store.transaction import Change, Transaction

RUN_ENDS: dict[JobState, type[RunEnded]] = {
    JobState.COMPLETED: JobCompleted,
    JobState.FAILED: JobFailed,
    JobState.CANCELLED: JobCancelled,
}


def cancel_children(tx: Transaction, journal: Journal, root_id: int, parent_id: int, reason: str) -> int:
    """Cancel every open job below the parent; their leases end, so late results are refused. How many there were."""
    count = 0
    for job_id, kind, state in tx.rows("open_children", parent_id=parent_id):
        if kind == JobKind.PARENT:
            count += cancel_children(tx, journal, root_id, job_id, reason)
            _drop_frontier(tx, job_id)
        _cancel(tx, journal, job_id, root_id, parent_id, state, reason)
        count += 1
    return count


def _cancel(
    tx: Transaction, journal: Journal, job_id: int, root_id: int, parent_id: int, state: str, reason: str
) -> None:
    tx.rows("cancel_job", id=job_id, now=tx.now)
    journal.moved(job_id, root_id, parent_id, JobState(state), JobState.CANCELLED, reason=reason)
    if state == JobState.RUNNING:
        tx.touch(Change.STOPPED)


def _drop_frontier(tx: Transaction, parent_id: int) -> None:
    """What still waits for a slot will never get one; if the parent is reopened, it may be found again."""
    if tx.rows("clear_frontier", parent_id=parent_id):
        tx.rows("forget_unstarted_work", parent_id=parent_id)


def end_parent(
    tx: Transaction,
    journal: Journal,
    job: Job,
    state: JobState,
    code: str | None = None,
    error: str | None = None,
) -> None:
    """End a run or parent job whose children have all ended; a run's end is its last event."""
    [(created_at, finished_at)] = tx.rows(
        "end_parent", id=job.id, state=state, now=tx.now, error_code=code, error=error
    )
    if job.kind is JobKind.PARENT:
        _drop_frontier(tx, job.id)
    journal.moved(job.id, job.root_id, job.parent_id, job.state, state, reason=code or "")
    if job.kind is JobKind.RUN:
        journal.event(RUN_ENDS[state](job.id, job.id, finished_at - created_at, error))


def close_tree(
    tx: Transaction, journal: Journal, job: Job, state: JobState, code: str | None, error: str | None
) -> int:
    """End a job of any kind with everything that is open below it; how many jobs were cancelled below."""
    count = cancel_children(tx, journal, job.root_id, job.id, code or str(state))
    if job.state is JobState.RUNNING:
        tx.touch(Change.STOPPED)
    end_parent(tx, journal, job, state, code, error)
    return count
