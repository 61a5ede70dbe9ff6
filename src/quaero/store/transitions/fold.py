"""Fold: what the orchestrator does with parents whose children changed.

Progress becomes an event, a crossed tolerance ends the step, a parent without open children ends, the next step
gets its turn, the run ends after its last step.
"""

from collections.abc import Callable

from quaero.models.definition import JobDefinition
from quaero.models.duration import format_duration
from quaero.models.errors import DefinitionError
from quaero.models.job import Job, JobKind, JobState
from quaero.models.progress import conclude
from quaero.models.steps import conclude_run
from quaero.store.journal import Journal
from quaero.store.rows import end_rule_of, job_of, progress_of
from quaero.store.transaction import Transaction
from quaero.store.transitions.duties import ORCHESTRATOR, has_duty
from quaero.store.transitions.trees import close_tree, end, record_progress
from quaero.store.transitions.turns import give_turns

DefinitionOf = Callable[[Transaction, int], JobDefinition]


def fold(tx: Transaction, run_id: int, definition_of: DefinitionOf, owner: str | None = None) -> None:
    """Bring the changed parent jobs of a run, and the run, up to date, until nothing is left to do.

    `owner`: only if this process has the duty of the orchestrator.
    """
    if owner is not None and not has_duty(tx, ORCHESTRATOR, owner):
        return
    tx.lock([run_id])
    journal = Journal(tx)
    while changed := tx.rows("dirty_parents", root_id=run_id):
        for (job_id,) in changed:
            tx.rows("clean_parent", job_id=job_id)
            job = job_of(tx.rows("get_job", id=job_id)[0])
            if job.state.final:
                continue
            definition = _definition(tx, journal, run_id, definition_of)
            if definition is None:
                break  # the run was ended, and what is changed with it
            if job.kind is JobKind.RUN:
                _fold_run(tx, journal, job, definition)
            elif not _end_step(tx, journal, job):
                record_progress(tx, journal, run_id, job.id)
        journal.flush()


def fail_run(tx: Transaction, run_id: int, error: Exception) -> None:
    """End a run that cannot be folded, so that it does not hold up the others."""
    tx.lock([run_id])
    run = job_of(tx.rows("get_job", id=run_id)[0])
    if not run.state.final:
        journal = Journal(tx)
        text = f"the run cannot go on ({type(error).__name__}: {error})"
        close_tree(tx, journal, run, JobState.FAILED, "internal_error", text)
        journal.flush()


def _definition(
    tx: Transaction, journal: Journal, run_id: int, definition_of: DefinitionOf
) -> JobDefinition | None:
    """The definition of a run; one that cannot be read ends its run, so that it does not hold up the others."""
    try:
        return definition_of(tx, run_id)
    except DefinitionError as error:
        run = job_of(tx.rows("get_job", id=run_id)[0])
        close_tree(tx, journal, run, JobState.FAILED, error.code, error.line())
        return None


def fail_overdue(tx: Transaction) -> None:
    """End the runs and steps whose timeout has passed, with everything that is still open in them."""
    seen = {job_id for job_id, _ in tx.rows("overdue", now=tx.now)}
    tx.lock(sorted(seen))
    journal = Journal(tx)
    for job_id, timeout in tx.rows("overdue", now=tx.now):
        if job_id not in seen:
            continue  # its run is not locked: the next time
        job = job_of(tx.rows("get_job", id=job_id)[0])
        if not job.state.final:  # it may have gone down with its run a moment ago
            what = "run" if job.kind is JobKind.RUN else "step"
            text = f"the {what} took longer than its timeout of {format_duration(timeout)}"
            close_tree(tx, journal, job, JobState.FAILED, "timeout", text)
    journal.flush()


def _end_step(tx: Transaction, journal: Journal, job: Job) -> bool:
    """End the parent job if it is time; whether it was."""
    if job.state is not JobState.RUNNING:
        return False
    [row] = tx.rows("get_progress", job_id=job.id)
    progress, plan_closed = progress_of(row), bool(row[10])
    if not plan_closed or progress.open or tx.rows("open_child_exists", parent_id=job.id):
        return False
    state = conclude(progress, end_rule_of(row))
    end(tx, journal, job, state, *_first_error(tx, job, state))
    return True


def _fold_run(tx: Transaction, journal: Journal, run: Job, definition: JobDefinition) -> None:
    states = give_turns(tx, journal, run.id, definition)
    if all(state.final for state in states):
        end_state = conclude_run(definition, states)
        if run.state is JobState.WAITING and end_state is JobState.COMPLETED:
            return  # not before its turn: it is looked at again then
        _end_run(tx, journal, run, end_state)


def _end_run(tx: Transaction, journal: Journal, run: Job, state: JobState) -> None:
    if tx.rows("start_run", id=run.id, now=tx.now):  # not one of its steps had its turn
        journal.moved(run.id, run.id, None, JobState.PENDING, JobState.RUNNING)
        run = job_of(tx.rows("get_job", id=run.id)[0])
    end(tx, journal, run, state, *_first_error(tx, run, state))


def _first_error(tx: Transaction, job: Job, state: JobState) -> tuple[str | None, str | None]:
    if state is not JobState.FAILED:
        return None, None
    [(code, error)] = tx.rows("first_error", parent_id=job.id)
    return code, error
