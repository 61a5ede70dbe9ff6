"""Turns: which of a run's parent jobs may begin, and which never will."""

from collections.abc import Sequence

from quaero.models.definition import JobDefinition
from quaero.models.job import JobState
from quaero.models.steps import next_moves
from quaero.store.journal import Journal
from quaero.store.transaction import Transaction


def give_turns(
    tx: Transaction,
    journal: Journal,
    run_id: int,
    definition: JobDefinition,
    steps: Sequence[tuple[int, JobState]],
) -> list[JobState]:
    """Move the steps, given as (job id, state) in their order, whose turn has come or never will; all states then."""
    states = [state for _, state in steps]
    for index, after in next_moves(definition, states).items():
        job_id, before = steps[index]
        tx.rows("take_turn", id=job_id, state=after, now=tx.now, final=int(after.final))
        journal.moved(job_id, run_id, run_id, before, after)
        states[index] = after
    return states
