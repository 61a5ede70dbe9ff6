"""Leases after the claim: kept alive by their workers, or taken back from those that are gone."""

from collections import Counter
from collections.abc import Sequence

from quaero.models.job import JobKind, JobState
from quaero.store.journal import Journal
from quaero.store.rows import job_of, to_json
from quaero.store.transaction import Reader, Transaction
from quaero.store.transitions.tolerance import apply_tolerance
from quaero.store.transitions.trees import close_tree

ROUNDING = 1e-6

BEHIND_THE_OTHERS = 1
"""A time to run at that has always come, but comes after the zero of the jobs that nobody has lost."""


def heartbeat(tx: Transaction, leases: Sequence[tuple[int, int]], lease_ms: int) -> set[tuple[int, int]]:
    """Extend the leases, given as (job id, lease number); those that are still held."""
    tx.lock([job_id for job_id, _ in leases], shared=True)
    until = tx.ticks + lease_ms
    extended = tx.many(
        "extend_lease",
        [{"id": job_id, "lease_number": number, "lease_until": until} for job_id, number in sorted(leases)],
    )
    return {(job_id, number) for job_id, number in extended}


def still_held(reader: Reader, leases: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of the leases that are still held."""
    return {(job_id, number) for job_id, number in reader.rows("still_held", leases=to_json(leases))}


def any_lost(reader: Reader, dead_owners: Sequence[str], ticks: int) -> bool:
    """Whether there is anything for `rescue` to do."""
    return bool(reader.rows("any_lost", dead_owners=to_json(dead_owners), ticks=ticks))


def rescue(tx: Transaction, dead_owners: Sequence[str], max_lost_leases: int) -> int:
    """Return jobs with expired leases or dead owners to the queue; how many there were.

    One of the jobs that a lost worker executed may be what killed it, so each gets its share of the suspicion: the
    whole of it when it was the only one. A job under the suspicion of `max_lost_leases` kills ends as failed.
    """
    question = {"ticks": tx.ticks, "dead_owners": to_json(dead_owners)}
    seen = {job_id for job_id, *_ in tx.rows("lost_leases", **question)}
    tx.lock(sorted(seen))
    journal = Journal(tx)
    lost = [row for row in tx.rows("lost_leases", **question) if row[0] in seen]
    executed = Counter(owner for _, _, owner, _, _ in lost)
    for job_id, lease_number, owner, losses, suspicion in lost:
        share = 1 / executed[owner]
        if suspicion + share > max_lost_leases - ROUNDING:
            _give_up(tx, journal, job_id, lease_number, losses + 1)
        else:
            _requeue(tx, journal, job_id, lease_number, share)
    journal.flush()
    tx.rows("delete_processes", owners=to_json(dead_owners))
    return len(lost)


def _requeue(tx: Transaction, journal: Journal, job_id: int, lease_number: int, suspicion: float) -> None:
    requeued = tx.rows(
        "requeue_job",
        id=job_id,
        lease_number=lease_number,
        run_at=BEHIND_THE_OTHERS,
        uncounted=0,
        lost=1,
        suspicion=suspicion,
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
        if job.kind is JobKind.CHILD and job.parent_id is not None:
            apply_tolerance(tx, journal, [job.parent_id])
