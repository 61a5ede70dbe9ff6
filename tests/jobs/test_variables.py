"""Placeholders in the config of steps: filled in when a job begins, checked, and never shown."""

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from quaero.jobs.config_types import Milliseconds
from quaero.jobs.definitions.step_config import WrongConfig, read_config
from quaero.jobs.engine import Engine
from quaero.jobs.steps import StepViews
from quaero.models.errors import JobFailure
from quaero.models.job import Job, JobKind, JobState
from quaero.models.placeholders import Values
from quaero.models.toml_writer import ConfigValue
from quaero.store.reads import JobFilter
from quaero.testing import finish, run_to_end
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import Place

SECRET = "-".join(("word", "of", "the", "environment"))


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    number: float = 0.0


class Strict(BaseModel):
    """Takes texts for texts and numbers for numbers, as the models of the built-in managers do."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: str = ""
    number: int = 0
    switch: bool = False
    wait: Milliseconds = 0
    either: int | str = 0
    texts: list[str] = []
    numbers: list[int] = []
    inner: Inner = Inner()

    @field_validator("text")
    @classmethod
    def _no_space(cls, value: str) -> str:
        if " " in value:
            raise ValueError(f"there is a space in {value!r}")
        return value

    @model_validator(mode="after")
    def _not_both(self) -> "Strict":
        if self.text and self.texts:
            raise ValueError(f"both {self.text} and {self.texts}")
        return self


def read(values: dict[str, str], **config: ConfigValue) -> Strict:
    model: Strict = read_config(Strict, config, Values(values, {"SECRET": SECRET}))
    return model


def complaint(values: dict[str, str], **config: ConfigValue) -> str:
    with pytest.raises(WrongConfig) as caught:
        read(values, **config)
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "written", "value", "expected"),
    [
        ("text", "{v}", "01234", "01234"),
        ("text", "{v}", "true", "true"),
        ("text", "a{v}b", "1", "a1b"),
        ("number", "{v}", "12", 12),
        ("number", "{v}", "-3", -3),
        ("number", "{v}", " 7\n", 7),
        ("switch", "{v}", "true", True),
        ("switch", "{v}", "false", False),
        ("wait", "{v}", "1m", 60_000),
        ("wait", "{v}s", "5", 5_000),
        ("either", "{v}", "5", "5"),
        ("texts", ["{v}", "x"], "1", ["1", "x"]),
        ("numbers", [1, "{v}"], "2", [1, 2]),
        ("inner", {"number": "{v}"}, "1.5", Inner(number=1.5)),
        ("inner", {"number": "{v}"}, "2", Inner(number=2)),
    ],
)
def test_a_value_takes_the_type_that_the_model_wants(
    key: str, written: ConfigValue, value: str, expected: object
) -> None:
    assert getattr(read({"v": value}, **{key: written}), key) == expected


@pytest.mark.parametrize(
    ("key", "written", "value"),
    [
        ("number", "{v}", "many"),
        ("number", "{v}", "1.5"),
        ("number", "{v}", "012"),
        ("number", "{v}", "9" * 19),
        ("number", "{v}{v}", "1"),
        ("number", "1{v}", "1"),
        ("switch", "{v}", "yes"),
        ("switch", "{v}", "1"),
        ("wait", "{v}", "5"),
        ("inner", {"number": "{v}"}, "nan"),
        ("inner", {"other": "{v}"}, "x"),
        ("texts", "{v}", "a, b"),
    ],
)
def test_a_value_that_is_of_another_type_does_not_fit(key: str, written: ConfigValue, value: str) -> None:
    assert complaint({"v": value}, **{key: written}).startswith(key)
    assert "does not fit with the value of {v}" in complaint({"v": value}, **{key: written})


@pytest.mark.parametrize(
    "config",
    [
        {"number": "{env:SECRET}"},
        {"text": "{env:SECRET} {env:SECRET}"},
        {"text": "x", "texts": ["{env:SECRET}"]},
        {"texts": {"a": "{env:SECRET}"}},
    ],
)
def test_a_complaint_never_quotes_a_value(config: dict[str, ConfigValue]) -> None:
    text = complaint({}, **config)
    assert "does not fit with the value of {env:SECRET}" in text
    assert SECRET not in text


def test_what_is_wrong_without_placeholders_is_said_in_full() -> None:
    assert complaint({"v": "1"}, text="{v}", number="x") == (
        'number: expected a whole number, got the text "x"'
    )


async def test_a_step_gets_its_values_and_the_run_keeps_the_placeholders(
    engine: Engine, worker: ScriptWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHILD", "from the environment")
    await engine.store.set_variable("word", "from a variable")
    step = script_step(children=[{"name": "{Word}"}, {"name": "{env:CHILD}"}, {"name": "{{word}}"}])
    summary = await run_to_end(engine, script_definition(step))

    assert summary.job.state is JobState.COMPLETED
    assert set(worker.executed) == {"from a variable", "from the environment", "{word}"}
    run = await engine.store.run(summary.job.id)
    assert run.definition.steps[0].config == step.config


async def test_a_step_without_its_variable_fails_and_can_be_retried(
    engine: Engine, worker: ScriptWorker
) -> None:
    definition = script_definition(script_step(children=[{"name": "{word}"}]))
    failed = await run_to_end(engine, definition)
    [step] = failed.steps
    assert (step.job.state, step.job.error_code, step.job.attempt) == (JobState.FAILED, "unknown_variable", 1)
    assert step.job.error == "unknown variable {word}; set it with: quaero variables set word VALUE"

    await engine.store.set_variable("word", "here")
    await engine.control.retry(failed.job.id)
    assert (await finish(engine, failed.job.id)).job.state is JobState.COMPLETED
    assert worker.executed["here"] == 1


async def test_a_name_that_the_environment_lacks_fails_the_step_too(engine: Engine) -> None:
    failed = await run_to_end(
        engine, script_definition(script_step(children=[{"name": "{env:QUAERO_NO_SUCH}"}]))
    )
    assert failed.steps[0].job.error_code == "unknown_variable"
    assert failed.steps[0].job.error == "{env:QUAERO_NO_SUCH} is not set in the environment"


async def test_a_value_that_does_not_fit_is_in_no_error_event_or_log(
    engine: Engine, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", SECRET)
    failed = await run_to_end(engine, script_definition(script_step(count="{env:SECRET}")))
    [step] = failed.steps
    assert (step.job.error_code, step.job.attempt) == ("invalid_config", 1)
    assert step.job.error is not None
    assert "count: does not fit with the value of {env:SECRET}" in step.job.error
    assert all(SECRET not in line.message for line in await engine.store.log(failed.job.id))
    assert SECRET not in place.content()
    assert "{env:SECRET}" in place.content()


async def views_of(engine: Engine, config: dict[str, Any]) -> tuple[StepViews, Job]:
    """Step views and the parent job of a step with that config."""
    run_id = await engine.control.launch(script_definition(script_step(**config)))
    page = await engine.store.jobs(JobFilter(root_id=run_id, kind=JobKind.PARENT))
    return StepViews(engine.store, {"script": ScriptManager()}), page.items[0]


async def test_a_job_that_begins_later_gets_the_new_value(engine: Engine) -> None:
    await engine.store.set_variable("n", "1")
    views, parent = await views_of(engine, {"count": "{n}"})
    first = await views.of(parent)
    assert (first.config.count, first.step.config) == (1, {"count": "{n}"})
    assert await views.of(parent) is first

    await engine.store.set_variable("other", "1")
    assert await views.of(parent) is first
    await engine.store.set_variable("n", "2")
    assert (await views.of(parent)).config.count == 2

    await engine.store.delete_variable("n")
    with pytest.raises(JobFailure, match="unknown variable") as caught:
        await views.of(parent)
    assert not caught.value.retryable


async def test_a_step_without_placeholders_asks_for_no_variables(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    views, parent = await views_of(engine, {"count": 1})
    monkeypatch.delattr(type(engine.store), "variables")
    assert (await views.of(parent)).config.count == 1
