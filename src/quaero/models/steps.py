"""The order of steps: which parent job's turn it is, and how a run ends. Pure functions of the steps' states."""

from collections.abc import Sequence

from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import FINAL_STATES, JobState


def next_moves(definition: JobDefinition, states: Sequence[JobState]) -> dict[int, JobState]:
    """Which waiting steps become pending or skipped now, by index.

    A step's turn comes when all that it depends on has ended. It never comes when a step that must not fail has
    failed, or when something that it depends on was cancelled or skipped; `condition` overrides both.
    """
    now = list(states)
    moves: dict[int, JobState] = {}
    for index, step in enumerate(definition.steps):
        if now[index] is JobState.WAITING:
            after = _turn(definition, index, step, now)
            if after is not None:
                now[index] = moves[index] = after
    return moves


def conclude_run(definition: JobDefinition, states: Sequence[JobState]) -> JobState:
    """How a run ends whose parent jobs have all ended."""
    if _failing(definition, states):
        return JobState.FAILED
    if JobState.CANCELLED in states:
        return JobState.CANCELLED
    if JobState.FAILED in states and JobState.COMPLETED not in states:
        return JobState.FAILED
    return JobState.COMPLETED


def _turn(
    definition: JobDefinition, index: int, step: JobStep, states: Sequence[JobState]
) -> JobState | None:
    needed = _dependencies(definition, index)
    if step.condition == "" and (
        _failing(definition, states) or any(_blocks(definition, i, states) for i in needed)
    ):
        return JobState.SKIPPED
    if any(states[i] not in FINAL_STATES for i in needed):
        return None
    if step.condition == "on_failure" and JobState.FAILED not in states[:index]:
        return JobState.SKIPPED
    return JobState.PENDING


def _dependencies(definition: JobDefinition, index: int) -> list[int]:
    names = definition.steps[index].depends
    return [i for i, earlier in enumerate(definition.steps[:index]) if earlier.name in names]


def _blocks(definition: JobDefinition, index: int, states: Sequence[JobState]) -> bool:
    """A step that was skipped by its own condition holds nobody up."""
    if states[index] is JobState.SKIPPED:
        return definition.steps[index].condition == ""
    return states[index] is JobState.CANCELLED


def _failing(definition: JobDefinition, states: Sequence[JobState]) -> bool:
    return any(
        state is JobState.FAILED and step.on_error != "continue"
        for step, state in zip(definition.steps, states, strict=True)
    )
