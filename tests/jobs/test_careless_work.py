"""Workers and managers that break their own rules: their job ends and says why, and no other is harmed."""

import asyncio
import sys
from pathlib import Path

import pytest

from quaero.jobs.engine import Engine
from quaero.jobs.summary import RunSummary
from quaero.models.definition import JobDefinition
from quaero.models.job import JobState
from quaero.models.outcome import Outcome
from quaero.models.progress import Progress
from quaero.testing import open_test_engine, run_to_end
from tests.jobs.careless import Act, CarelessManager, CarelessWorker, panic
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import Place

SECONDS = 20
"""Far more than it takes: a job that nobody ends is not waited for any longer."""


async def ended(engine: Engine, definition: JobDefinition) -> RunSummary:
    async with asyncio.timeout(SECONDS):
        summary = await run_to_end(engine, definition)
    assert await engine.store.check() == ()
    return summary


@pytest.mark.parametrize(
    "act",
    [lambda: None, lambda: "done", lambda: Outcome(note=None), panic],  # type: ignore[arg-type]
    ids=["returns nothing", "returns a text", "a note that is none", "panics"],
)
async def test_a_worker_that_breaks_its_own_rules_harms_its_job_alone(place: Place, act: Act) -> None:
    async with open_test_engine(place.url, [ScriptManager()], [CarelessWorker(act)]) as engine:
        step = script_step(children=[{"name": "careless"}, {"name": "fine"}])
        summary = await ended(engine, script_definition(step))

        assert summary.children == Progress(total=2, completed=1, failed=1)
        [group] = summary.steps[0].errors
        assert group.example.name == "careless"
        assert group.example.error


@pytest.mark.parametrize("act", [lambda: None, panic], ids=["yields nothing", "panics"])
async def test_a_manager_that_breaks_its_own_rules_harms_its_step_alone(place: Place, act: Act) -> None:
    async with open_test_engine(place.url, [CarelessManager(act)], [ScriptWorker()]) as engine:
        steps = script_step("careless", on_error="continue"), script_step("fine", count=2)
        summary = await ended(engine, script_definition(*steps))

        assert [step.job.state for step in summary.steps] == [JobState.FAILED, JobState.COMPLETED]
        assert summary.steps[0].job.error


async def test_work_that_tries_to_end_the_process_ends_its_job_alone(place: Place) -> None:
    """In a process of its own, which it would take along."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.jobs.careless", place.url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        async with asyncio.timeout(2 * SECONDS):
            printed, complaints = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (process.returncode, printed.decode()) == (0, "failed completed 1"), complaints.decode()


async def test_a_job_with_a_child_that_cannot_be_stored_fails_and_none_of_its_children_is_there(
    place: Place,
) -> None:
    worker = CarelessWorker(Outcome)
    async with open_test_engine(place.url, [ScriptManager()], [worker]) as engine:
        step = script_step(children=[{"name": "careless", "spawns": True}, {"name": "fine"}])
        summary = await ended(engine, script_definition(step))

        assert summary.children == Progress(total=2, completed=1, failed=1)
        [group] = summary.steps[0].errors
        assert (group.code, group.example.name) == ("unstorable_result", "careless")
        assert worker.executed == {"fine": 1}


async def test_a_job_that_its_worker_finds_invalid_fails_and_says_so(
    engine: Engine, worker: ScriptWorker
) -> None:
    step = script_step(children=[{"name": "twisted", "invalid": True}, {"name": "fine"}])
    summary = await run_to_end(engine, script_definition(step))

    [group] = summary.steps[0].errors
    assert (group.code, group.example.name) == ("invalid_job", "twisted")
    assert worker.executed == {"fine": 1}
    assert summary.children == Progress(total=2, completed=1, failed=1)
