"""Launch: a definition becomes a run with one parent job per step."""

from quaero.models.definition import JobDefinition
from quaero.models.errors import ConflictError
from quaero.models.job import JobKind, JobState
from quaero.store.journal import Journal
from quaero.store.rows import to_json
from quaero.store.transaction import Transaction
from quaero.store.transitions.turns import give_turns


def launch(tx: Transaction, definition: JobDefinition, alone: bool = False) -> int:
    """Create the run and its parent jobs; the id of the run. `alone`: only if no other run of it is open."""
    if alone and (others := tx.rows("open_run_of_definition", definition_id=definition.id)):
        raise ConflictError(
            f"run {others[0][0]} of this definition has not ended",
            where=definition.id,
            remedy=f"Go on with it: quaero jobs resume {others[0][0]}",
        )
    journal = Journal(tx)
    run_id = _insert(
        tx, definition.id, definition.name, JobKind.RUN, JobState.PENDING, root_id=0, parent_id=None
    )
    tx.rows("set_own_root", id=run_id)
    deadline = None if definition.timeout_ms is None else tx.now + definition.timeout_ms
    snapshot = to_json(definition.to_json())
    tx.rows("insert_run", job_id=run_id, definition_id=definition.id, definition=snapshot, deadline=deadline)
    tx.rows("insert_progress", job_id=run_id, root_id=run_id, step=None)
    journal.created(run_id, run_id, None, JobKind.RUN, definition.name, JobState.PENDING)
    for index, step in enumerate(definition.steps):
        step_id = _insert(
            tx, step.action, step.name, JobKind.PARENT, JobState.WAITING, root_id=run_id, parent_id=run_id
        )
        tx.rows("insert_progress", job_id=step_id, root_id=run_id, step=index)
        journal.created(step_id, run_id, run_id, JobKind.PARENT, step.name, JobState.WAITING)
    give_turns(tx, journal, run_id, definition)
    tx.rows("close_plan", parent_id=run_id)
    journal.flush()
    return run_id


def _insert(
    tx: Transaction,
    type_: str,
    name: str,
    kind: JobKind,
    state: JobState,
    *,
    root_id: int,
    parent_id: int | None,
) -> int:
    [(job_id,)] = tx.rows(
        "insert_job",
        root_id=root_id,
        parent_id=parent_id,
        kind=kind,
        type=type_,
        name=name,
        state=state,
        config="{}",
        depth=0,
        discovered_by=None,
        priority=0,
        now=tx.now,
    )
    return int(job_id)
