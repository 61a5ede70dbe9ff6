"""A job definition: what a person wants done, as values. `jobs.definitions.reader` reads one from a file."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

from quaero.models.duration import format_duration
from quaero.models.toml_writer import ConfigValue, toml_pairs, toml_table

OnError = Literal["fail", "continue", "retry"]
Condition = Literal["", "always", "on_failure"]
FailureAction = Literal["stop_all", "continue", "mark_warning"]
Owner = Literal["user", "system"]

_PERCENT = re.compile(r"([0-9]{1,3})%")
_MOST_DOUBLINGS = 62  # more would only make a huge number that the cap cuts again


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how fast a failed child job is tried again. Times in milliseconds.

    `max_attempts` counts the first execution too: 1 means no second try.
    """

    max_attempts: int = 3
    backoff_ms: int = 2_000
    max_backoff_ms: int = 300_000

    def delay_ms(self, attempt: int, jitter: float) -> int:
        """The wait after attempt number `attempt` (from 1) failed; `jitter` is a random number in [0, 1).

        At least the backoff, doubled with every attempt, and never more than `max_backoff_ms`. The jitter
        only adds (up to half): the common "equal jitter" would wait half of what the person wrote.
        """
        promised = min(self.backoff_ms << min(attempt - 1, _MOST_DOUBLINGS), self.max_backoff_ms)
        return min(promised + int(promised * jitter / 2), self.max_backoff_ms)


@dataclass(frozen=True, slots=True)
class Percent:
    """A share of all children, 1 to 100."""

    value: int

    def __post_init__(self) -> None:
        if not 1 <= self.value <= 100:
            raise ValueError(f"a share of failed children is 1% to 100%, not {self.value}%")

    def __str__(self) -> str:
        return f"{self.value}%"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The share that "5%" means; `ValueError` for any other text."""
        found = _PERCENT.fullmatch(text.strip())
        if found is None:
            raise ValueError(f'"{text}" is not a whole percentage')
        return cls(int(found[1]))


@dataclass(frozen=True, slots=True)
class ErrorTolerance:
    """How many failed children are too many for a step, and what happens then.

    `max_child_failures`: a number of children or a share of them; 0 is unlimited.
    """

    max_child_failures: int | Percent = 0
    failure_action: FailureAction = "stop_all"

    def to_json(self) -> dict[str, ConfigValue]:
        limit = self.max_child_failures
        written = str(limit) if isinstance(limit, Percent) else limit
        return {"max_child_failures": written, "failure_action": self.failure_action}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        limit = data["max_child_failures"]
        return cls(Percent.parse(limit) if isinstance(limit, str) else limit, data["failure_action"])


@dataclass(frozen=True, slots=True)
class JobStep:
    """One step. `depends` names earlier steps; where it is omitted the reader fills in the step before.

    `config` is as the person wrote it; the manager of `action` has a model for it.
    `condition`: "" runs after its steps succeeded, "always" after they ended, "on_failure" when one failed.
    `timeout_ms` limits the whole step, `child_timeout_ms` one execution of a child job; None: no limit.
    """

    name: str
    action: str
    config: Mapping[str, ConfigValue] = field(default_factory=dict)
    on_error: OnError = "fail"
    retry: RetryPolicy = RetryPolicy()
    depends: tuple[str, ...] = ()
    condition: Condition = ""
    timeout_ms: int | None = None
    child_timeout_ms: int | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"depends": list(self.depends)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        parts = {"retry": RetryPolicy(**data["retry"]), "depends": tuple(data["depends"])}
        return cls(**{**data, **parts})


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """What a person wrote. None: no schedule, the machine's time zone, no time limit, no credentials.

    `timeout_ms` limits a whole run. `type`, `source_type` and `base_url` are labels of older definitions;
    `base_url` has already been used as the start of a crawl that named none. `job_type` "system" marks the
    definitions that ship with the program and cannot be edited.
    """

    id: str
    name: str
    steps: tuple[JobStep, ...]
    description: str = ""
    tags: tuple[str, ...] = ()
    schedule: str | None = None
    timezone: str | None = None
    overlap: bool = False
    timeout_ms: int | None = None
    enabled: bool = True
    auto_start: bool = False
    auth: str | None = None
    pre_jobs: tuple[str, ...] = ()
    post_jobs: tuple[str, ...] = ()
    error_tolerance: ErrorTolerance = ErrorTolerance()
    type: str = ""
    job_type: Owner = "user"
    source_type: str = ""
    base_url: str = ""

    def to_json(self) -> dict[str, Any]:
        """A plain dict of JSON values; `from_json` makes an equal definition of it."""
        return asdict(self) | {
            "steps": [step.to_json() for step in self.steps],
            "error_tolerance": self.error_tolerance.to_json(),
            **{key: list(getattr(self, key)) for key in ("tags", "pre_jobs", "post_jobs")},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The definition that `to_json` wrote. For the store only: nothing is checked."""
        parts = {
            "steps": tuple(JobStep.from_json(step) for step in data["steps"]),
            "error_tolerance": ErrorTolerance.from_json(data["error_tolerance"]),
            **{key: tuple(data[key]) for key in ("tags", "pre_jobs", "post_jobs")},
        }
        return cls(**{**data, **parts})

    def to_toml(self) -> str:
        """The definition as a file that reads back equal (a system definition: as a user's copy of it).

        Keys that have their default are left out.
        """
        head: dict[str, ConfigValue] = {"id": self.id, "name": self.name}
        blocks = [toml_pairs(head | _changed(_top_keys(self), _top_keys(_plainest(self))))]
        if self.error_tolerance != ErrorTolerance():
            blocks.append(toml_table("error_tolerance", self.error_tolerance.to_json()))
        before: tuple[str, ...] = ()
        for step in self.steps:
            blocks.append(_step_toml(step, default_depends=before))
            before = (step.name,)
        return "\n".join(blocks)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong with a definition file: where, what, and what to write instead.

    `line` counts from 1. `key` is the path of the key ("steps[0].config.max_depth"), "" for the whole file.
    """

    file: str
    line: int | None
    key: str
    message: str
    nearest: str | None = None
    example: str | None = None

    def line_text(self) -> str:
        """`docs.toml:12: steps[0].config.max_dept: unknown key; did you mean "max_depth"? Example: …`"""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        head = f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"
        question = f"; did you mean {json.dumps(self.nearest, ensure_ascii=False)}?" if self.nearest else ""
        stop = "" if question else "."
        example = f"{stop} Example: {self.example}" if self.example else ""
        line = " ".join(f"{head}{question}{example}".split())
        return "".join(_visible(character) for character in line)


def _visible(character: str) -> str:
    # Parts of the file are quoted, and a terminal would obey its control characters.
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def _plainest(definition: JobDefinition) -> JobDefinition:
    return JobDefinition(id="", name="", steps=definition.steps)


def _top_keys(definition: JobDefinition) -> dict[str, ConfigValue | None]:
    """The keys that may be left out."""
    return {
        "description": definition.description,
        "type": definition.type,
        "source_type": definition.source_type,
        "base_url": definition.base_url,
        "tags": list(definition.tags),
        "schedule": definition.schedule,
        "timezone": definition.timezone,
        "overlap": definition.overlap,
        "timeout": _duration(definition.timeout_ms),
        "enabled": definition.enabled,
        "auto_start": definition.auto_start,
        "auth": definition.auth,
        "pre_jobs": list(definition.pre_jobs),
        "post_jobs": list(definition.post_jobs),
    }


def _step_toml(step: JobStep, *, default_depends: tuple[str, ...]) -> str:
    keys: dict[str, ConfigValue | None] = {
        "on_error": step.on_error,
        "retry": _retry_keys(step.retry),
        "depends": list(step.depends),
        "condition": step.condition,
        "timeout": _duration(step.timeout_ms),
        "child_timeout": _duration(step.child_timeout_ms),
    }
    defaults: dict[str, ConfigValue | None] = {
        "on_error": "fail",
        "retry": _retry_keys(RetryPolicy()),
        "depends": list(default_depends),
        "condition": "",
        "timeout": None,
        "child_timeout": None,
    }
    head = toml_pairs({"name": step.name, "action": step.action} | _changed(keys, defaults))
    config = toml_table("steps.config", step.config) if step.config else ""
    return f"[[steps]]\n{head}{config}"


def _retry_keys(policy: RetryPolicy) -> dict[str, ConfigValue]:
    return {
        "max_attempts": policy.max_attempts,
        "backoff": format_duration(policy.backoff_ms),
        "max_backoff": format_duration(policy.max_backoff_ms),
    }


def _duration(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else format_duration(milliseconds)


def _changed(
    values: Mapping[str, ConfigValue | None], defaults: Mapping[str, ConfigValue | None]
) -> dict[str, ConfigValue]:
    return {key: value for key, value in values.items() if value is not None and value != defaults[key]}
