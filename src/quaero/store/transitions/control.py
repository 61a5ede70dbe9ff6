"""What people do to jobs: cancel, delete, put first."""

from quaero.models.errors import ConflictError, NotFoundError, UsageError
from quaero.models.job import Job, JobKind, JobState
from quaero.store.journal import Journal
from quaero.store.rows import job_of
from quaero.store.transaction import Change, Transaction
from quaero.store.transitions.launch import LARGEST_PRIORITY
from quaero.store.transitions.trees import close_tree


def require(tx: Transaction, job_id: int) -> Job:
    """The job, or `NotFoundError`."""
    rows = tx.rows("get_job", id=job_id)
    if not rows:
        raise NotFoundError(f"there is no job {job_id}", remedy="See: quaero jobs list")
    return job_of(rows[0])


def cancel(tx: Transaction, job_id: int) -> int:
    """Cancel a job with everything open below it; how many jobs were cancelled. Final jobs are a `ConflictError`."""
    tx.lock([job_id])
    job = require(tx, job_id)
    if job.state.final:
        raise ConflictError(f"job {job_id} is already {job.state}")
    journal = Journal(tx)
    count = 1 + close_tree(tx, journal, job, JobState.CANCELLED, None, None)
    journal.flush()
    return count


def delete(tx: Transaction, job_id: int, documents: bool = False) -> int:
    """Delete a run with all of its jobs, events and log lines; how many jobs went.

    Its documents stay unless `documents` is set: then those go that no later run has seen again.
    """
    tx.lock([job_id])
    job = require(tx, job_id)
    if job.kind is not JobKind.RUN:
        raise ConflictError(
            f"job {job_id} is part of run {job.root_id}",
            remedy=f"Delete the whole run: quaero jobs delete {job.root_id}",
        )
    if not job.state.final:
        raise ConflictError(
            f"run {job_id} is {job.state}", remedy=f"Cancel it first: quaero jobs cancel {job_id}"
        )
    [(count,)] = tx.rows("count_tree", root_id=job_id)
    if documents:
        tx.rows("delete_run_documents", root_id=job_id)
    tx.rows("forget_need", needs_id=job_id)
    tx.rows("delete_job", id=job_id)
    tx.touch(Change.EVENTS)  # for whoever shows it
    return int(count)


def set_priority(tx: Transaction, job_id: int, priority: int) -> None:
    """Smaller goes first: a run among the runs, a step or child among its siblings.

    `ConflictError` when it has ended.
    """
    if abs(priority) > LARGEST_PRIORITY:
        raise UsageError(f"a priority is a number between -{LARGEST_PRIORITY} and {LARGEST_PRIORITY}")
    tx.lock([job_id])
    job = require(tx, job_id)
    if job.state.final:
        raise ConflictError(f"job {job_id} is already {job.state}")
    tx.rows("set_priority", id=job_id, priority=priority)
    tx.touch(Change.READY)
