"""Settle: the end of an execution and everything that it causes, together."""

from collections.abc import Iterable, Sequence

from quaero.models.document import Saved
from quaero.models.job import JobState
from quaero.models.outcome import End, Settlement
from quaero.store.journal import Journal
from quaero.store.transaction import Parameters, Transaction
from quaero.store.transitions.documents import save_documents
from quaero.store.transitions.spawn import Origin, promote, spawn

BACK_TO_QUEUE = frozenset({End.RETRY, End.RELEASED})


def settle(tx: Transaction, settlements: Sequence[Settlement]) -> list[int]:
    """Record the settlements whose leases still hold; the ids of the jobs whose late results were refused."""
    journal = Journal(tx)
    held = _move_jobs(tx, journal, settlements)
    slots_back: dict[int, int] = {}
    for settlement in settlements:
        origin = held.get(settlement.job_id)
        if origin is None:
            continue
        _write_log(tx, settlement)
        if not _keeps_slot(tx, journal, settlement, origin):
            slots_back[origin.parent_id] = slots_back.get(origin.parent_id, 0) + 1
    _give_back(tx, journal, slots_back, {origin.parent_id: origin.root_id for origin in held.values()})
    journal.flush()
    return [settlement.job_id for settlement in settlements if settlement.job_id not in held]


def _move_jobs(tx: Transaction, journal: Journal, settlements: Sequence[Settlement]) -> dict[int, Origin]:
    """End or requeue the jobs, each fenced by its lease number; where the children of those that did come from."""
    rows = tx.many("end_job", [_ending(tx, s) for s in settlements if s.end not in BACK_TO_QUEUE])
    rows += tx.many("requeue_job", [_requeueing(tx, s) for s in settlements if s.end in BACK_TO_QUEUE])
    held = {
        job_id: Origin(root_id, parent_id, depth + 1, job_id) for job_id, root_id, parent_id, depth in rows
    }
    for settlement in settlements:
        origin = held.get(settlement.job_id)
        if origin is not None:
            back = settlement.end in BACK_TO_QUEUE
            after = JobState.PENDING if back else JobState(settlement.end)
            reason = settlement.error_code or (str(settlement.end) if back else "")
            journal.moved(
                settlement.job_id, origin.root_id, origin.parent_id, JobState.RUNNING, after, reason=reason
            )
    return held


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
    if settlement.children:
        spawn(tx, journal, origin, settlement.children)
    return any(kind is not Saved.DUPLICATE for kind in saved)


def _claim_names(tx: Transaction, settlement: Settlement, parent_id: int) -> bool:
    """Take further names for this work; False, with a note on the job, if another job has one of them."""
    for name in settlement.claims:
        if tx.many("insert_key", [{"parent_id": parent_id, "dedupe_key": name, "job_id": settlement.job_id}]):
            continue
        [(holder, state)] = tx.rows("key_holder", parent_id=parent_id, dedupe_key=name)
        if holder == settlement.job_id:
            continue
        if holder is None:
            tx.rows("remove_from_frontier", parent_id=parent_id, dedupe_key=name)
        elif state not in (JobState.FAILED, JobState.CANCELLED):
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


def _give_back(tx: Transaction, journal: Journal, slots: dict[int, int], roots: dict[int, int]) -> None:
    for parent_id in _limited(tx, slots):
        tx.rows("take_slots", parent_id=parent_id, count=-slots[parent_id])
        promote(tx, journal, roots[parent_id], parent_id)


def _limited(tx: Transaction, parents: Iterable[int]) -> list[int]:
    return [p for p in parents if tx.rows("parent_limits", parent_id=p)[0][0] is not None]
