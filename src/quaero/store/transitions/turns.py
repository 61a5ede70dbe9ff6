"""Turns: which of a run's parent jobs may begin, and which never will."""

from quaero.models.definition import JobDefinition
from quaero.models.job import JobState
from quaero.models.steps import next_moves
from quaero.store.journal import Journal
from quaero.store.transaction import Change, Transaction


def give_turns(tx: Transaction, journal: Journal, run_id: int, definition: JobDefinition) -> list[JobState]:
    """Move the steps of a run whose turn has come or never will; the states of all its steps then.

    A step whose plan is complete, because it was reopened, goes on with its children; others are to be planned.
    """
    steps = tx.rows("steps_of_run", root_id=run_id)
    states = [JobState(state) for _, state, _ in steps]
    for index, turn in next_moves(definition, states).items():
        job_id, _, planned = steps[index]
        after = JobState.RUNNING if planned and turn is JobState.PENDING else turn
        if after is JobState.RUNNING:
            tx.rows("start_deadline", job_id=job_id, now=tx.now)
            tx.rows("mark_dirty", job_id=job_id)  # it may have nothing left to do
            tx.touch(Change.DECISION)
        tx.rows("take_turn", id=job_id, state=after, now=tx.now, final=int(after.final))
        journal.moved(job_id, run_id, run_id, states[index], after)
        states[index] = after
    return states
