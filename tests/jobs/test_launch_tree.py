"""Definitions that run before and after another: looked up at launch, each once, in their order, or refused."""

from dataclasses import replace

import pytest

from quaero.jobs.engine import Engine
from quaero.models.definition import JobDefinition
from quaero.models.errors import ConflictError
from quaero.models.job import JobKind, JobState
from quaero.store.reads import JobFilter
from quaero.store.transitions.definitions import NewDefinition
from quaero.testing import finish, open_test_engine
from tests.kit import script_definition, script_step
from tests.places import Place


def definition(name: str, before: str = "", after: str = "", *, enabled: bool = True) -> JobDefinition:
    """Runs the definitions of these one-letter names before and after itself."""
    step = script_step(children=[{"name": f"work of {name}"}])
    names = {"pre_jobs": tuple(before), "post_jobs": tuple(after)}
    return script_definition(step, id=name, enabled=enabled, **names)


async def keep(engine: Engine, *definitions: JobDefinition) -> None:
    await engine.control.keep(*(NewDefinition(each, each.to_toml()) for each in definitions))


async def refusal(engine: Engine, launched: JobDefinition) -> str:
    """Why it cannot be launched; nothing was created."""
    with pytest.raises(ConflictError) as caught:
        await engine.control.launch(launched)
    assert (await engine.store.jobs(JobFilter())).total == 0
    return caught.value.line()


async def test_all_that_are_named_run_once_in_their_order(engine: Engine) -> None:
    await keep(
        engine,
        definition("b", "d"),
        definition("c", "d"),
        definition("d"),
        definition("e"),
    )
    run_id = await engine.control.launch(definition("a", "bc", "e"))
    runs = await engine.store.jobs(JobFilter(kind=JobKind.RUN))
    by_type = {run.type: run for run in runs.items}
    assert sorted(run.type for run in runs.items) == ["a", "b", "c", "d", "e"]
    assert by_type["a"].id == run_id
    for name in "dbcae":
        summary = await finish(engine, by_type[name].id)
        assert summary.job.state is JobState.COMPLETED, name


async def test_a_system_definition_can_be_named(place: Place) -> None:
    named = replace(definition("a"), post_jobs=("reindex",))
    async with open_test_engine(place.url) as engine:
        tree = await engine.control.launch_tree(named)
        assert [each.definition.id for each in tree.after] == ["reindex"]


async def test_a_definition_that_nobody_has_is_named(engine: Engine) -> None:
    assert 'a: there is no definition "b", which pre_jobs names.' in await refusal(
        engine, definition("a", "b")
    )


async def test_one_that_is_switched_off_is_named(engine: Engine) -> None:
    await keep(engine, definition("b", enabled=False))
    assert await refusal(engine, definition("a", "", "b")) == (
        'a: the definition "b", which post_jobs names, is switched off. '
        "Switch it on: quaero definitions enable b"
    )


async def test_a_circle_that_came_about_otherwise_is_found_at_launch(engine: Engine) -> None:
    await keep(engine, definition("b", "c"), definition("c", "a"))
    assert "in a circle: a -> b -> c -> a." in await refusal(engine, definition("a", "b"))


async def test_a_definition_that_is_switched_off_is_not_launched(engine: Engine) -> None:
    assert "a: the definition is switched off. Switch it on: quaero definitions enable a" in await refusal(
        engine, definition("a", enabled=False)
    )
