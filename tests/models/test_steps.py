"""The order of steps, under any sequence of ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import JobState
from quaero.models.steps import conclude_run, next_moves

ENDS = st.sampled_from([JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED])
WAITING, PENDING, SKIPPED = JobState.WAITING, JobState.PENDING, JobState.SKIPPED


@st.composite
def definitions(draw: st.DrawFn) -> JobDefinition:
    """Up to six steps, each with any of the earlier ones to depend on."""
    steps: list[JobStep] = []
    for number in range(draw(st.integers(1, 6))):
        earlier = [step.name for step in steps]
        depends = draw(st.lists(st.sampled_from(earlier), unique=True)) if earlier else []
        steps.append(
            JobStep(
                f"step {number}",
                "any",
                on_error=draw(st.sampled_from(["fail", "continue", "retry"])),
                depends=tuple(depends),
                condition=draw(st.sampled_from(["", "", "always", "on_failure"])),
            )
        )
    return JobDefinition("test", "Test", tuple(steps))


def chain(*steps: JobStep) -> JobDefinition:
    """The steps, each after the one before."""
    linked = [
        JobStep(
            step.name,
            step.action,
            on_error=step.on_error,
            depends=(steps[number - 1].name,) if number else (),
            condition=step.condition,
        )
        for number, step in enumerate(steps)
    ]
    return JobDefinition("test", "Test", tuple(linked))


class Run:
    """Moves the states of a run's steps, as the orchestrator does, and keeps what happened in order."""

    def __init__(self, definition: JobDefinition) -> None:
        self.definition = definition
        self.states = [WAITING] * len(definition.steps)
        self.began: list[int] = []
        self.ended: list[int] = []
        self.take_turns()

    def take_turns(self) -> None:
        for index, state in next_moves(self.definition, self.states).items():
            assert self.states[index] is WAITING
            self.states[index] = state
            (self.ended if state.final else self.began).append(index)

    def end(self, index: int, state: JobState) -> None:
        self.states[index] = state
        self.ended.append(index)
        self.take_turns()

    @property
    def active(self) -> list[int]:
        return [index for index, state in enumerate(self.states) if state is PENDING]


@st.composite
def finished_runs(draw: st.DrawFn) -> Run:
    """Runs whose steps ended in some order, as something."""
    run = Run(draw(definitions()))
    while run.active:
        run.end(draw(st.sampled_from(run.active)), draw(ENDS))
    return run


@given(finished_runs())
def test_every_step_comes_to_its_end_however_the_others_end(run: Run) -> None:
    assert all(state.final for state in run.states)
    assert conclude_run(run.definition, run.states).final


@given(definitions(), st.data())
def test_no_step_begins_before_all_that_it_depends_on_have_ended(
    definition: JobDefinition, data: st.DataObject
) -> None:
    run = Run(definition)
    while True:
        for index in run.began:
            needed = [
                i for i, step in enumerate(definition.steps) if step.name in definition.steps[index].depends
            ]
            assert all(run.states[i].final for i in needed)
        if not run.active:
            return
        run.end(data.draw(st.sampled_from(run.active)), data.draw(ENDS))


@given(finished_runs())
def test_a_second_look_changes_nothing(run: Run) -> None:
    assert next_moves(run.definition, run.states) == {}


@given(definitions())
def test_a_run_in_which_all_goes_well_completes_and_skips_only_what_waits_for_failures(
    definition: JobDefinition,
) -> None:
    run = Run(definition)
    while run.active:
        run.end(run.active[0], JobState.COMPLETED)
    assert conclude_run(definition, run.states) is JobState.COMPLETED
    skipped = {
        step.condition for step, state in zip(definition.steps, run.states, strict=True) if state is SKIPPED
    }
    assert skipped <= {"on_failure"}


@given(finished_runs())
def test_a_step_that_always_runs_is_never_skipped(run: Run) -> None:
    for step, state in zip(run.definition.steps, run.states, strict=True):
        assert step.condition != "always" or state is not SKIPPED


@given(finished_runs())
def test_a_run_fails_exactly_if_a_step_that_must_not_fail_did_or_nothing_succeeded(run: Run) -> None:
    fatal = any(
        state is JobState.FAILED and step.on_error != "continue"
        for step, state in zip(run.definition.steps, run.states, strict=True)
    )
    fruitless = (
        JobState.FAILED in run.states
        and JobState.COMPLETED not in run.states
        and JobState.CANCELLED not in run.states
    )
    assert (conclude_run(run.definition, run.states) is JobState.FAILED) == (fatal or fruitless)


PLAIN = JobStep("plain", "any")
LENIENT = JobStep("lenient", "any", on_error="continue")


@pytest.mark.parametrize(
    ("first", "second", "end", "turn"),
    [
        (PLAIN, JobStep("next", "any"), JobState.COMPLETED, PENDING),
        (PLAIN, JobStep("next", "any"), JobState.FAILED, SKIPPED),
        (PLAIN, JobStep("next", "any"), JobState.CANCELLED, SKIPPED),
        (LENIENT, JobStep("next", "any"), JobState.FAILED, PENDING),
        (LENIENT, JobStep("next", "any"), JobState.CANCELLED, SKIPPED),
        (PLAIN, JobStep("next", "any", condition="always"), JobState.FAILED, PENDING),
        (PLAIN, JobStep("next", "any", condition="always"), JobState.CANCELLED, PENDING),
        (PLAIN, JobStep("next", "any", condition="on_failure"), JobState.COMPLETED, SKIPPED),
        (PLAIN, JobStep("next", "any", condition="on_failure"), JobState.FAILED, PENDING),
        (LENIENT, JobStep("next", "any", condition="on_failure"), JobState.FAILED, PENDING),
    ],
)
def test_a_step_has_its_turn_by_how_the_one_before_ended(
    first: JobStep, second: JobStep, end: JobState, turn: JobState
) -> None:
    run = Run(chain(first, second))
    assert run.states == [PENDING, WAITING]
    run.end(0, end)
    assert run.states == [end, turn]


def test_a_step_behind_one_that_was_not_needed_has_its_turn() -> None:
    run = Run(chain(PLAIN, JobStep("on failure", "any", condition="on_failure"), JobStep("last", "any")))
    run.end(0, JobState.COMPLETED)
    assert run.states == [JobState.COMPLETED, SKIPPED, PENDING]


def test_steps_that_depend_on_nothing_begin_together() -> None:
    run = Run(JobDefinition("test", "Test", (PLAIN, LENIENT)))
    assert run.states == [PENDING, PENDING]
