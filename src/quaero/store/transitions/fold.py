"""Fold: what the orchestrator does with parents whose children changed.

Progress becomes an event, a crossed tolerance ends the step, a parent without open children ends, the next step
gets its turn, the run ends after its last step.
"""

from collections.abc import Callable

from quaero.models.definition import JobDefinition
from quaero.models.errors import DefinitionError
from quaero.models.job import Job, JobKind, JobState
from quaero.models.progress import Progress, conclude, crossed, end_rule
from quaero.models.steps import conclude_run
from quaero.store.journal import Journal
from quaero.store.rows import job_of, progress_of
from quaero.store.transaction import Transaction
from quaero.store.transitions.trees import close_tree, end, record_progress
from quaero.store.transitions.turns import give_turns

DefinitionOf = Callable[[Transaction, int], JobDefinition]


def fold(tx: Transaction, definition_of: DefinitionOf, root_id: int | None = None) -> None:
    """Bring every changed parent job and run up to date, until nothing is left to do."""
    journal = Journal(tx)
    while changed := tx.rows("dirty_parents", root_id=root_id):
        for job_id, plan_closed, *counts in changed:
            tx.rows("clean_parent", job_id=job_id)
            job = job_of(tx.rows("get_job", id=job_id)[0])
            if job.state.final:
                continue
            definition = _definition(tx, journal, job.root_id, definition_of)
            if definition is None:
                break  # the run was ended, and what is changed with it
            if job.kind is JobKind.RUN:
                _fold_run(tx, journal, job, definition)
            elif not _end_step(tx, journal, job, progress_of(tuple(counts)), definition, bool(plan_closed)):
                record_progress(tx, journal, job.root_id, job.id)
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


def fail_overdue(tx: Transaction, definition_of: DefinitionOf) -> None:
    """End the runs whose timeout has passed, with everything that is still open in them."""
    journal = Journal(tx)
    for (run_id,) in tx.rows("overdue_runs", now=tx.now):
        run = job_of(tx.rows("get_job", id=run_id)[0])
        definition = _definition(tx, journal, run_id, definition_of)
        if definition is None:
            continue
        limit = definition.timeout_ms
        close_tree(
            tx,
            journal,
            run,
            JobState.FAILED,
            "timeout",
            f"the run took longer than its timeout of {limit} ms",
        )
    journal.flush()


def _end_step(
    tx: Transaction,
    journal: Journal,
    job: Job,
    progress: Progress,
    definition: JobDefinition,
    plan_closed: bool,
) -> bool:
    """End the parent job if it is time; whether it was."""
    if job.state is not JobState.RUNNING:
        return False
    rule = end_rule(definition.error_tolerance, progress.total)
    if crossed(progress, rule):
        text = f"{progress.failed} children failed, the tolerance is {definition.error_tolerance.max_child_failures}"
        close_tree(tx, journal, job, JobState.FAILED, "error_tolerance", text)
        return True
    if plan_closed and not progress.open and not tx.rows("open_child_exists", parent_id=job.id):
        state = conclude(progress, rule)
        end(tx, journal, job, state, *_first_error(tx, job, state))
        return True
    return False


def _fold_run(tx: Transaction, journal: Journal, run: Job, definition: JobDefinition) -> None:
    states = give_turns(tx, journal, run.id, definition)
    if all(state.final for state in states):
        _end_run(tx, journal, run, conclude_run(definition, states))


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
