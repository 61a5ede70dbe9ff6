"""Closing open parts of a tree at once: cancel, timeout, a failed plan, a crossed tolerance."""

from quaero.models.event import JobCancelled, JobCompleted, JobFailed, ParentJobProgress, RunEnded
from quaero.models.job import Job, JobKind, JobState
from quaero.store.journal import Journal
from quaero.store.rows import document_counts_of, progress_of
from quaero.store.transaction import Change, Transaction
from quaero.store.transitions.spawn import give_back, promote

RUN_ENDS: dict[JobState, type[RunEnded]] = {
    JobState.COMPLETED: JobCompleted,
    JobState.FAILED: JobFailed,
    JobState.CANCELLED: JobCancelled,
}


def close_tree(
    tx: Transaction, journal: Journal, job: Job, state: JobState, code: str | None, error: str | None
) -> int:
    """End a job of any kind with everything that is open below it; how many jobs were cancelled below."""
    count = _cancel_children(tx, journal, job.root_id, job.id, code or str(state))
    if job.state is JobState.RUNNING:
        tx.touch(Change.STOPPED)
    end(tx, journal, job, state, code, error)
    if job.kind is JobKind.CHILD and job.parent_id is not None:
        give_back(tx, job.parent_id, 1)
        promote(tx, journal, job.root_id, job.parent_id)
    return count


def end(
    tx: Transaction,
    journal: Journal,
    job: Job,
    state: JobState,
    code: str | None = None,
    error: str | None = None,
) -> None:
    """End a job below which nothing is open; the end of a run is its last event."""
    [(created_at, finished_at)] = tx.rows(
        "end_parent", id=job.id, state=state, now=tx.now, error_code=code, error=error
    )
    if job.kind is JobKind.PARENT:
        if state is JobState.COMPLETED:
            _drop_frontier(tx, job.id)
        record_progress(tx, journal, job.root_id, job.id)
    journal.moved(job.id, job.root_id, job.parent_id, job.state, state, reason=code or "")
    if job.kind is JobKind.RUN:
        tx.rows("set_deadline", job_id=job.id, deadline=None)
        journal.event(RUN_ENDS[state](job.id, job.id, finished_at - created_at, error))


def record_progress(tx: Transaction, journal: Journal, root_id: int, parent_id: int) -> None:
    """Tell where a parent job stands, everything included that this transaction did before."""
    journal.flush_counts()
    [row] = tx.rows("get_progress", job_id=parent_id)
    progress, documents = progress_of(row), document_counts_of(row)
    journal.event(
        ParentJobProgress(
            root_id,
            parent_id,
            progress.total,
            progress.pending,
            progress.running,
            progress.completed,
            progress.failed,
            progress.cancelled,
            documents.total,
            progress.text,
        )
    )


def _cancel_children(tx: Transaction, journal: Journal, root_id: int, parent_id: int, reason: str) -> int:
    """Cancel every open job below the parent, so that late results are refused; how many there were."""
    count = 0
    children = sorted(tx.rows("open_children", parent_id=parent_id))
    for job_id, kind, state in children:
        if kind == JobKind.PARENT:
            count += _cancel_children(tx, journal, root_id, job_id, reason)
            record_progress(tx, journal, root_id, job_id)
        _cancel(tx, journal, job_id, root_id, parent_id, JobState(state), reason)
    if children:
        give_back(tx, parent_id, len(children))
    return count + len(children)


def _cancel(
    tx: Transaction, journal: Journal, job_id: int, root_id: int, parent_id: int, state: JobState, reason: str
) -> None:
    tx.rows("cancel_job", id=job_id, now=tx.now)
    journal.moved(job_id, root_id, parent_id, state, JobState.CANCELLED, reason=reason)
    if state is JobState.RUNNING:
        tx.touch(Change.STOPPED)


def _drop_frontier(tx: Transaction, parent_id: int) -> None:
    """What waits for a slot of a completed step will never get one; of another, it may when that is tried again."""
    if tx.rows("clear_frontier", parent_id=parent_id):
        tx.rows("forget_unstarted_work", parent_id=parent_id)
