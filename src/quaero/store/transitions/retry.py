"""Retry: a person reopens what failed or was cancelled, and what must be open for it to go on."""

from quaero.models.errors import ConflictError
from quaero.models.job import Job, JobKind, JobState
from quaero.store.journal import Journal
from quaero.store.transaction import Change, Transaction
from quaero.store.transitions.control import require
from quaero.store.transitions.fold import DefinitionOf
from quaero.store.transitions.launch import require_no_open_run
from quaero.store.transitions.spawn import take_slots
from quaero.store.transitions.turns import give_turns

CLOSED_BUT_NOT_DONE = frozenset({JobState.FAILED, JobState.CANCELLED})


def retry(tx: Transaction, job_id: int, definition_of: DefinitionOf) -> int:
    """Reopen the failed and cancelled jobs of a subtree, and what is above it; how many those were.

    The run's timeout starts anew. `ConflictError` when there is nothing to try again.
    """
    tx.lock([job_id])
    job = require(tx, job_id)
    journal = Journal(tx)
    count = _reopen_below(tx, journal, job)
    if not count:
        raise ConflictError(
            f"job {job_id} is {job.state}: nothing in it failed or was cancelled",
            remedy="A step whose max_pages are all taken has no room for more",
        )
    _reopen_above(tx, journal, job, definition_of)
    _check_its_turn(tx, job)
    journal.flush()
    return count


def _check_its_turn(tx: Transaction, job: Job) -> None:
    """A step that depends on what was cancelled is skipped again at once: say so instead."""
    step_id = job.parent_id if job.kind is JobKind.CHILD else job.id
    if step_id is not None and require(tx, step_id).state.final:
        raise ConflictError(
            f"job {job.id} depends on a step that did not complete",
            remedy=f"Try the whole run again: quaero jobs retry {job.root_id}",
        )


def _reopen_below(tx: Transaction, journal: Journal, job: Job) -> int:
    """Reopen what failed or was cancelled in a subtree; how many jobs that were."""
    if job.kind is JobKind.CHILD:
        return _reopen_child(tx, journal, job) if job.state in CLOSED_BUT_NOT_DONE else 0
    below = [require(tx, job_id) for (job_id,) in tx.rows("not_done_children", parent_id=job.id)]
    count = sum(_reopen_below(tx, journal, child) for child in below)
    count += job.kind is JobKind.PARENT and job.state in CLOSED_BUT_NOT_DONE
    if job.kind is JobKind.PARENT and count and job.state.final:
        _reopen(tx, journal, job, JobState.WAITING)
    return count


def _reopen_child(tx: Transaction, journal: Journal, child: Job) -> int:
    """A child under a limit on documents needs a slot again; without a free one it stays as it is."""
    if child.parent_id is None or not take_slots(tx, child.parent_id, 1):
        return 0
    return _reopen(tx, journal, child, JobState.PENDING)


def _reopen_above(tx: Transaction, journal: Journal, job: Job, definition_of: DefinitionOf) -> None:
    """Reopen what must be open for the subtree to go on, and the steps that had no turn because of it.

    A reopened step waits for its turn again, as the steps keep their order; its children wait with it.
    """
    if job.kind is JobKind.CHILD and job.parent_id is not None:
        parent = require(tx, job.parent_id)
        if parent.state.final:
            _reopen(tx, journal, parent, JobState.WAITING)
    for step_id, state, _ in tx.rows("steps_of_run", root_id=job.root_id):
        if state == JobState.SKIPPED:
            _reopen(tx, journal, require(tx, step_id), JobState.WAITING)
    run = require(tx, job.root_id)
    definition = definition_of(tx, run.id)
    if run.state.final:
        if not definition.overlap:
            tx.hold(f"launch {definition.id}")
            require_no_open_run(tx, definition)
        _reopen(tx, journal, run, JobState.RUNNING)
        tx.rows("drop_needs", run_id=run.id)  # the person wants it to run
        tx.rows("start_deadline", job_id=run.id, now=tx.now)
    give_turns(tx, journal, run.id, definition)
    tx.rows("mark_dirty", job_id=run.id)
    tx.touch(Change.DECISION)


def _reopen(tx: Transaction, journal: Journal, job: Job, state: JobState) -> int:
    tx.rows("reopen_job", id=job.id, state=state, now=tx.now)
    journal.moved(job.id, job.root_id, job.parent_id, job.state, state, reason="retry", reopening=True)
    return 1
