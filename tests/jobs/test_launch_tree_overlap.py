"""No definition without `overlap` has two open runs, and none that is switched off a new one, whoever asks."""

import pytest

from quaero.jobs.engine import Engine
from quaero.models.errors import ConflictError
from quaero.models.job import JobKind, JobState
from quaero.store.reads import JobFilter
from quaero.store.transitions.definitions import NewDefinition
from quaero.testing import finish
from tests.kit import script_definition, script_step

READY = (JobState.PENDING, JobState.RUNNING)


@pytest.mark.parametrize("key", ["pre_jobs", "post_jobs"])
async def test_a_definition_that_is_named_by_another_does_not_overlap_with_its_open_run(
    engine: Engine, key: str
) -> None:
    named = script_definition(script_step(count=1), id="named")
    naming = script_definition(script_step(count=1), id="naming", **{key: ("named",)})
    await engine.control.keep(*(NewDefinition(each, each.to_toml()) for each in (named, naming)))
    await engine.control.launch(named)
    try:
        run_id = await engine.control.launch(naming)
    except ConflictError:
        return  # it may be refused, or wait; but not run beside the other
    if key == "post_jobs":
        await finish(engine, run_id)

    ready = await engine.store.jobs(JobFilter(kind=JobKind.RUN, states=READY, type="named"))
    assert ready.total == 1


async def test_a_run_is_not_tried_again_beside_another_run_of_its_definition(engine: Engine) -> None:
    definition = script_definition(script_step(count=1))
    old = await engine.control.launch(definition)
    await engine.control.cancel(old)
    new = await engine.control.launch(definition)

    with pytest.raises(ConflictError, match=f"run {new}"):
        await engine.control.retry(old)
    assert (await engine.store.job(old)).state is JobState.CANCELLED
    await engine.control.cancel(new)
    assert await engine.control.retry(old) > 0


async def test_a_definition_that_was_switched_off_is_not_run_again(engine: Engine) -> None:
    definition = script_definition(script_step(count=1))
    await engine.control.keep(NewDefinition(definition, definition.to_toml()))
    run_id = await engine.control.launch(definition)
    await engine.control.cancel(run_id)
    await engine.control.switch_definition(definition.id, enabled=False)

    with pytest.raises(ConflictError, match="enable"):
        await engine.control.rerun(run_id)
    await engine.control.switch_definition(definition.id, enabled=True)
    assert await engine.control.rerun(run_id) > run_id
