"""What a database needs that was away for a while: a copy that takes the place of the store."""

from quaero.models.job import JobState
from quaero.store.journal import Journal
from quaero.store.transaction import Transaction


def put_back(tx: Transaction) -> int:
    """Return the jobs that were in flight to the queue, where this attempt does not count; how many there were.

    The processes that the copy knows are gone, and the time that it was away does not count for timeouts.
    """
    tx.rows("forget_processes")
    tx.rows("forget_duties")
    _stop_the_clocks(tx)
    journal = Journal(tx)
    leased = tx.rows("leased_jobs")
    for job_id, lease_number in leased:
        [(_, root_id, parent_id, *_)] = tx.rows(
            "requeue_job",
            id=job_id,
            lease_number=lease_number,
            run_at=0,
            uncounted=1,
            lost=0,
            suspicion=0,
            error_code=None,
            error=None,
        )
        journal.moved(job_id, root_id, parent_id, JobState.RUNNING, JobState.PENDING, reason="restored")
    journal.flush()
    return len(leased)


def _stop_the_clocks(tx: Transaction) -> None:
    """Move the deadlines by the time since anything happened; those of paused runs stand still anyway."""
    for (last_moment,) in tx.rows("last_moment"):
        for (root_id,) in tx.rows("runs_with_deadlines"):
            tx.rows("shift_deadlines", root_id=root_id, by=max(0, tx.now - last_moment))
