"""Types for the config models of managers, and the way such a model says what is wrong with a value."""

from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from quaero.models.duration import DurationError, parse_duration

CONFIG_PROBLEM = "config_problem"


def config_problem(
    message: str, *, nearest: str | None = None, example: str | None = None
) -> PydanticCustomError:
    """The error for a validator to raise: `message` completes "<key>: …".

    `nearest` is what was probably meant, `example` a whole line of TOML; both appear in the complaint.
    """
    context = {"message": message, "nearest": nearest, "example": example}
    return PydanticCustomError(CONFIG_PROBLEM, "{message}", context)


def _milliseconds(value: object) -> int:
    if not isinstance(value, str):
        raise config_problem("expected a duration in quotes with its unit")
    try:
        return parse_duration(value)
    except DurationError as error:
        raise config_problem(error.what) from error


Milliseconds = Annotated[int, BeforeValidator(_milliseconds), Field(examples=["30s"])]
"""A duration, written like "1h30m"; the model's default and the value are whole milliseconds."""
