"""Pause and resume: of a run with everything in it, or of one job that has not begun."""

from quaero.models.errors import ConflictError
from quaero.models.job import Job, JobKind, JobState
from quaero.store.journal import Journal
from quaero.store.transaction import Change, Transaction
from quaero.store.transitions.control import require


def pause(tx: Transaction, job_id: int) -> None:
    """Hold a run or a pending job back. What runs may finish; the timeouts of a paused run stand still."""
    tx.lock([job_id])
    job = require(tx, job_id)
    if job.state is JobState.PAUSED:
        raise ConflictError(f"job {job_id} is paused already", remedy=f"Go on: quaero jobs resume {job_id}")
    if job.kind is not JobKind.RUN and job.state is not JobState.PENDING:
        raise ConflictError(
            f"job {job_id} is {job.state}: only a pending job can be paused alone",
            remedy=f"Pause its run: quaero jobs pause {job.root_id}",
        )
    if job.state.final:
        raise ConflictError(f"run {job_id} is already {job.state}")
    if job.kind is JobKind.RUN:
        tx.rows("set_paused_at", job_id=job_id, paused_at=tx.now)
    _move(tx, job, JobState.PAUSED)


def unpause(tx: Transaction, job_id: int) -> None:
    """Let a paused run or job go on."""
    tx.lock([job_id])
    job = require(tx, job_id)
    if job.state is not JobState.PAUSED:
        raise ConflictError(f"job {job_id} is {job.state}, not paused")
    if job.kind is not JobKind.RUN:
        _move(tx, job, JobState.PENDING)
        return
    [(paused_at,)] = tx.rows("paused_at", job_id=job_id)
    tx.rows("shift_deadlines", root_id=job_id, by=max(0, tx.now - paused_at))
    tx.rows("set_paused_at", job_id=job_id, paused_at=None)
    _move(tx, job, _state_to_resume(tx, job))
    tx.rows("mark_dirty", job_id=job_id)
    tx.touch(Change.READY | Change.DECISION)


def _state_to_resume(tx: Transaction, run: Job) -> JobState:
    if tx.rows("unmet_needs", run_id=run.id):
        return JobState.WAITING
    return JobState.PENDING if run.started_at is None else JobState.RUNNING


def _move(tx: Transaction, job: Job, state: JobState) -> None:
    journal = Journal(tx)
    tx.rows("set_state", id=job.id, state=state)
    journal.moved(job.id, job.root_id, job.parent_id, job.state, state, reason="person")
    journal.flush()
