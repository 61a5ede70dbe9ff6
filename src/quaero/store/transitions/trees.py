"""Closing open parts of a tree at once: cancel, timeout, a failed plan, a crossed tolerance."""

from quaero.models.event import JobCancelled, JobCompleted, JobFailed, ParentJobProgress, RunEnded
from quaero.models.job import Job, JobKind, JobState
from quaero.models.progress import Progress, estimate_seconds, smoothed_rate
from quaero.store.journal import Journal
from quaero.store.rows import document_counts_of, job_of, progress_of
from quaero.store.transaction import Change, Transaction
from quaero.store.transitions.spawn import give_back, promote

RATE_MEASURED_EVERY_MS = 1_000

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
    [(started_at, finished_at)] = tx.rows(
        "end_parent", id=job.id, state=state, now=tx.now, error_code=code, error=error
    )
    if job.kind is JobKind.PARENT:
        if state is JobState.COMPLETED:
            _drop_frontier(tx, job.id)
        record_progress(tx, journal, job.root_id, job.id)
    journal.moved(job.id, job.root_id, job.parent_id, job.state, state, reason=code or "")
    if job.kind is not JobKind.CHILD:
        tx.rows("set_deadline", job_id=job.id, deadline=None)
    if job.kind is JobKind.RUN:
        tx.rows("set_paused_at", job_id=job.id, paused_at=None)
        journal.event(RUN_ENDS[state](job.id, job.id, finished_at - started_at, error))
        _tell_the_next(tx, journal, job, state)


def _tell_the_next(tx: Transaction, journal: Journal, run: Job, state: JobState) -> None:
    """Runs that waited for this one begin, or never will."""
    next_runs = [run_id for (run_id,) in tx.rows("runs_that_need", needs_id=run.id)]
    tx.lock(next_runs)
    for run_id in next_runs:
        waiting = job_of(tx.rows("get_job", id=run_id)[0])
        if waiting.state.final:
            continue
        if state is not JobState.COMPLETED:
            text = f"run {run.id} ({run.type}), which it needs, ended as {state}"
            close_tree(tx, journal, waiting, JobState.CANCELLED, "needed_run", text)
        elif waiting.state is JobState.WAITING and not tx.rows("unmet_needs", run_id=run_id):
            tx.rows("set_state", id=run_id, state=JobState.PENDING)
            journal.moved(run_id, run_id, None, JobState.WAITING, JobState.PENDING)
            tx.rows("mark_dirty", job_id=run_id)  # it may have nothing to do
            tx.touch(Change.READY | Change.DECISION)


def record_progress(tx: Transaction, journal: Journal, root_id: int, parent_id: int) -> None:
    """Tell where a parent job stands, everything included that this transaction did before."""
    journal.flush_counts()
    [row] = tx.rows("get_progress", job_id=parent_id)
    progress, documents = progress_of(row), document_counts_of(row)
    rate = _measure_rate(tx, parent_id, progress, *row[13:16])
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
            rate,
            estimate_seconds(progress, rate, plan_closed=bool(row[10])),
        )
    )


def _measure_rate(
    tx: Transaction,
    parent_id: int,
    progress: Progress,
    rate: float | None,
    rated_at: int | None,
    rated_ended: int | None,
) -> float | None:
    """The rate of a parent's children, measured anew when the last time is long enough ago."""
    ended = progress.total - progress.open
    if (
        rated_at is None or rated_ended is None or ended < rated_ended
    ):  # the first time, or children were reopened
        tx.rows("set_rate", job_id=parent_id, rate=None, now=tx.now, ended=ended)
        return None
    if tx.now - rated_at < RATE_MEASURED_EVERY_MS:
        return rate
    rate = smoothed_rate(rate, ended - rated_ended, tx.now - rated_at)
    tx.rows("set_rate", job_id=parent_id, rate=rate, now=tx.now, ended=ended)
    return rate


def _cancel_children(tx: Transaction, journal: Journal, root_id: int, parent_id: int, reason: str) -> int:
    """Cancel every open job below the parent, so that late results are refused; how many there were."""
    count = 0
    children = sorted(tx.rows("open_children", parent_id=parent_id))
    for job_id, kind, state in children:
        if kind == JobKind.PARENT:
            count += _cancel_children(tx, journal, root_id, job_id, reason)
            tx.rows("set_deadline", job_id=job_id, deadline=None)
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
