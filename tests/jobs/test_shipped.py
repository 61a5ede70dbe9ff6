"""The definitions that ship with the program can do what they say."""

from importlib.resources import files
from pathlib import Path

from quaero.models.job import JobState
from quaero.testing import open_test_engine, run_to_end
from tests.places import Place


async def test_every_definition_that_ships_is_there_and_runs(place: Place) -> None:
    shipped = {Path(entry.name).stem for entry in (files("quaero.jobs.definitions") / "shipped").iterdir()}
    async with open_test_engine(place.url) as engine:
        found = await engine.control.definitions("system")
        assert {each.definition.id for each in found} == shipped != set()
        for each in found:
            summary = await run_to_end(engine, each.definition)
            assert summary.job.state is JobState.COMPLETED, each.definition.id
