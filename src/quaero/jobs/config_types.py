"""Types for the config models of managers, and the way such a model says what is wrong with a value."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from quaero.models.duration import DurationError, parse_duration
from quaero.models.moment import parse_time
from quaero.search.patterns import pattern_complaint

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


Milliseconds = Annotated[
    int,
    BeforeValidator(_milliseconds),
    Field(examples=["30s"]),
    WithJsonSchema({"type": "string", "format": "duration", "examples": ["30s"]}),
]
"""A duration, written like "1h30m"; the model's default and the value are whole milliseconds."""


def _pattern(value: str) -> str:
    complaint = pattern_complaint(value)
    if complaint is not None:
        raise config_problem(f"{value!r} is no pattern: {complaint}", example="include_patterns = ['/docs/']")
    return value


Pattern = Annotated[str, AfterValidator(_pattern)]
"""A regular expression of linear time, found anywhere in a text."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as people write it: so many milliseconds `ago`, or `at` that many since 1970."""

    ago: int | None = None
    at: int | None = None

    def before(self, now_ms: int) -> int:
        """The moment, seen from `now_ms`, in milliseconds since 1970."""
        return now_ms - (self.ago or 0) if self.at is None else self.at


def _moment(value: object) -> Moment:
    if isinstance(value, Moment):
        return value
    if not isinstance(value, str):
        raise config_problem('expected a time in quotes, as "2026-11-01", or how long ago, as "7d"')
    try:
        return Moment(ago=parse_duration(value))
    except DurationError:
        at = parse_time(value)
    if at is None:
        raise config_problem(f'{value!r} is neither a time like "2026-11-01" nor how long ago, like "7d"')
    return Moment(at=at)


Since = Annotated[
    Moment,
    BeforeValidator(_moment),
    Field(examples=["7d"]),
    WithJsonSchema({"type": "string", "examples": ["7d", "2026-11-01"]}),
]
"""A point of time: "2026-11-01", "2026-11-01T08:00:00Z" (UTC unless it says otherwise), or how long ago: "7d"."""
