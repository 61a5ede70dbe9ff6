"""Leases after the claim: kept alive by their workers, or taken back from those that are gone."""

from collections.abc import Sequence

from quaero.models.job import JobState
from quaero.store.journal import Journal
from quaero.store.rows import job_of, to_json
from quaero.store.transaction import Transaction
from quaero.store.transitions.trees import close_tree


def heartbeat(tx: Transaction, leases: Sequence[tuple[int, int]], lease_ms: int) -> set[tuple[int, int]]:
    """Extend the leases, given as (job id, lease number); those that are still held."""
    until = tx.ticks + lease_ms
    extended = tx.many(
        "extend_lease",
        [{"id": job_id, "lease_number": number, "lease_until": until} for job_id, number in leases],
    )
    return {(job_id, number) for job_id, number in extended}


def rescue(tx: Transaction, dead_owners: Sequence[str], max_lost_leases: int) -> int:
    """Return jobs with expired leases or dead owners to the queue; how many there were.

    A job that lost its worker `max_lost_leases` times ends as failed instead: it may be what kills them.
    """
    journal = Journal(tx)
    lost = tx.rows("lost_leases", ticks=tx.ticks, dead_owners=to_json(dead_owners))
    for job_id, lease_number, losses in lost:
        if losses + 1 >= max_lost_leases:
            _give_up(tx, journal, job_id, lease_number, losses + 1)
        else:
            _requeue(tx, journal, job_id, lease_number)
    journal.flush()
    return len(lost)


def _requeue(tx: Transaction, journal: Journal, job_id: int, lease_number: int) -> None:
    requeued = tx.rows(
        "requeue_job",
        id=job_id,
        lease_number=lease_number,
        run_at=tx.now,
        uncounted=0,
        lost=1,
        error_code="lease_lost",
        error="the worker was lost while it ran this job",
    )
    for _, root_id, parent_id, _, _ in requeued:  # none if it went down with its step a moment ago
        journal.moved(job_id, root_id, parent_id, JobState.RUNNING, JobState.PENDING, reason="lease_lost")


def _give_up(tx: Transaction, journal: Journal, job_id: int, lease_number: int, losses: int) -> None:
    if tx.rows("held_lease", id=job_id, lease_number=lease_number):
        job = job_of(tx.rows("get_job", id=job_id)[0])
        text = f"its worker was lost {losses} times while it ran this job"
        close_tree(tx, journal, job, JobState.FAILED, "worker_lost", text)
