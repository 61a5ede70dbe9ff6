"""Settle: the end of an execution and everything that it causes, together."""

from collections import Counter
from collections.abc import Sequence

from quaero.models.document import Saved
from quaero.models.job import JobState
from quaero.models.outcome import End, LogLevel, Settlement
from quaero.store.journal import Journal
from quaero.store.transaction import Parameters, Transaction
from quaero.store.transitions.documents import save_documents, save_results
from quaero.store.transitions.spawn import Origin, give_back, promote, spawn
from quaero.store.transitions.tolerance import apply_tolerance

BACK_TO_QUEUE = frozenset({End.RETRY, End.RELEASED})


def settle(tx: Transaction, settlements: Sequence[Settlement]) -> list[tuple[int, int]]:
    """Record the settlements whose leases still hold; the leases, as (job id, number), of those that were refused."""
    tx.lock([each.job_id for each in settlements], shared=all(map(_only_ends, settlements)))
    journal = Journal(tx)
    accepted, refused = _move_jobs(tx, settlements)
    slots_back: Counter[int] = Counter()
    for settlement, origin in accepted:
        _record_move(journal, settlement, origin)
        _write_log(tx, settlement)
        if not _keeps_slot(tx, journal, settlement, origin):
            slots_back[origin.parent_id] += 1
    limited = [parent_id for parent_id, count in slots_back.items() if give_back(tx, parent_id, count)]
    apply_tolerance(tx, journal, {origin.parent_id for each, origin in accepted if each.end is End.FAILED})
    roots = {origin.parent_id: origin.root_id for _, origin in accepted}
    for parent_id in limited:
        promote(tx, journal, roots[parent_id], parent_id)
    journal.flush()
    _log_refused(tx, refused)
    return refused


def _only_ends(settlement: Settlement) -> bool:
    """Whether nothing follows from the settlement but that its job is complete."""
    causes = settlement.documents or settlement.children or settlement.claims or settlement.results
    return settlement.end is End.COMPLETED and not causes


def _log_refused(tx: Transaction, refused: Sequence[tuple[int, int]]) -> None:
    """Say on each job that a result came too late; nothing else of it is kept."""
    for job_id, number in refused:
        text = f"a late result under lease {number} was refused: the job was no longer this worker's"
        tx.rows("add_log_line", job_id=job_id, at=tx.now, level=LogLevel.WARNING, message=text)


def _move_jobs(
    tx: Transaction, settlements: Sequence[Settlement]
) -> tuple[list[tuple[Settlement, Origin]], list[tuple[int, int]]]:
    """End or requeue the jobs, each fenced by its lease number: what was accepted, and the leases that were not."""
    ended = tx.many("end_job", [_ending(tx, s) for s in settlements if s.end not in BACK_TO_QUEUE])
    requeued = tx.many("requeue_job", [_requeueing(tx, s) for s in settlements if s.end in BACK_TO_QUEUE])
    held = {
        (job_id, number, back): Origin(root_id, parent_id, depth + 1, job_id)
        for rows, back in ((ended, False), (requeued, True))
        for job_id, root_id, parent_id, depth, number in rows
    }
    accepted: list[tuple[Settlement, Origin]] = []
    refused: list[tuple[int, int]] = []
    for settlement in settlements:
        key = (settlement.job_id, settlement.lease_number, settlement.end in BACK_TO_QUEUE)
        origin = held.pop(key, None)
        if origin is None:
            refused.append((settlement.job_id, settlement.lease_number))
        else:
            accepted.append((settlement, origin))
    return accepted, refused


def _record_move(journal: Journal, settlement: Settlement, origin: Origin) -> None:
    back = settlement.end in BACK_TO_QUEUE
    after = JobState.PENDING if back else JobState(settlement.end)
    reason = settlement.error_code or (str(settlement.end) if back else "")
    journal.moved(settlement.job_id, origin.root_id, origin.parent_id, JobState.RUNNING, after, reason=reason)


def _ending(tx: Transaction, settlement: Settlement) -> Parameters:
    return {
        "id": settlement.job_id,
        "lease_number": settlement.lease_number,
        "state": settlement.end,
        "now": tx.now,
        "error_code": settlement.error_code,
        "error": settlement.error,
        "note": settlement.note or None,
    }


def _requeueing(tx: Transaction, settlement: Settlement) -> Parameters:
    return {
        "id": settlement.job_id,
        "lease_number": settlement.lease_number,
        "run_at": tx.now + settlement.delay_ms,
        "uncounted": int(settlement.end is End.RELEASED),
        "lost": 0,
        "suspicion": 0,
        "error_code": settlement.error_code,
        "error": settlement.error,
    }


def _keeps_slot(tx: Transaction, journal: Journal, settlement: Settlement, origin: Origin) -> bool:
    """Write documents and children; False if the job ended without a document, so that its slot is free again."""
    if settlement.end is not End.COMPLETED:
        return settlement.end in BACK_TO_QUEUE
    if not _claim_names(tx, settlement, origin.parent_id):
        return False
    saved = save_documents(tx, journal, settlement, origin.root_id, origin.parent_id)
    save_results(tx, journal, settlement, origin.root_id, origin.parent_id)
    if settlement.children:
        spawn(tx, journal, origin, settlement.children)
    return any(kind is not Saved.DUPLICATE for kind in saved)


def _claim_names(tx: Transaction, settlement: Settlement, parent_id: int) -> bool:
    """Take further names for this work; False, with a note on the job, if another job did what one of them names.

    A job that has not ended may still fail; then this work would be lost. So its name is taken, and it will find the
    document when it comes to store it.
    """
    for name in settlement.claims:
        if tx.many("insert_key", [{"parent_id": parent_id, "dedupe_key": name, "job_id": settlement.job_id}]):
            continue
        [(holder, state)] = tx.rows("key_holder", parent_id=parent_id, dedupe_key=name)
        if holder == settlement.job_id:
            continue
        if holder is None:
            tx.rows("remove_from_frontier", parent_id=parent_id, dedupe_key=name)
        elif state == JobState.COMPLETED:
            tx.rows("set_note", id=settlement.job_id, note=f"the same page as job {holder}: {name}")
            return False
        tx.rows("set_key_job", parent_id=parent_id, dedupe_key=name, job_id=settlement.job_id)
    return True


def _write_log(tx: Transaction, settlement: Settlement) -> None:
    if settlement.log:
        tx.many(
            "insert_log_line",
            [
                {"job_id": settlement.job_id, "at": line.at, "level": line.level, "message": line.message}
                for line in settlement.log
            ],
        )
