"""The shape of a definition file: its tables, their keys and types, and an example of each."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from quaero.jobs.config_types import Milliseconds, config_problem
from quaero.jobs.definitions.values import (
    BaseUrl,
    Id,
    Name,
    OptionalName,
    Schedule,
    Timeout,
    TimeZone,
    Tolerance,
    UserOnly,
)
from quaero.models.definition import Condition, FailureAction, OnError

MAX_STEPS = 100


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class RetryTable(_Table):
    max_attempts: int = Field(default=3, ge=1, le=1_000)
    backoff: Milliseconds = Field(default=2_000, examples=["2s"])
    max_backoff: Milliseconds = Field(default=300_000, examples=["5m"])

    @model_validator(mode="after")
    def _backoff_within_its_limit(self) -> "RetryTable":
        if self.backoff > self.max_backoff:
            example = 'retry = { backoff = "2s", max_backoff = "5m" }'
            raise config_problem("backoff is longer than max_backoff", example=example)
        return self


class ToleranceTable(_Table):
    max_child_failures: Tolerance = Field(default=0, examples=["5%"])
    failure_action: FailureAction = "stop_all"


class StepTable(_Table):
    name: Name = Field(examples=["crawl"])
    action: str = Field(examples=["crawl"])
    config: dict[str, object] = Field(default_factory=dict, examples=[{"max_pages": 100}])
    on_error: OnError = "fail"
    retry: RetryTable = Field(default_factory=RetryTable, examples=[{"max_attempts": 3}])
    depends: list[str] | None = Field(default=None, examples=[["crawl"]])
    condition: Condition = Field(default="", examples=["always"])
    timeout: Timeout | Literal[""] = Field(default="", examples=["30m"])
    child_timeout: Timeout | Literal[""] = Field(default="", examples=["30s"])


class DefinitionTable(_Table):
    id: Id = Field(examples=["python-docs"])
    name: Name = Field(examples=["Python documentation"])
    steps: list[StepTable] = Field(
        min_length=1, max_length=MAX_STEPS, examples=[[{"name": "crawl", "action": "crawl"}]]
    )
    description: str = Field(default="", examples=["The library reference"])
    tags: list[Name] = Field(default=[], examples=[["docs", "python"]])
    schedule: Schedule = Field(default="", examples=["0 3 * * *"])
    timezone: TimeZone = Field(default="", examples=["Europe/Paris"])
    overlap: bool = False
    timeout: Timeout | Literal[""] = Field(default="", examples=["30m"])
    enabled: bool = True
    auto_start: bool = False
    auth: OptionalName = Field(default="", examples=["intranet"])
    auth_id: OptionalName = Field(default="", examples=["intranet"])
    authentication: OptionalName = Field(default="", examples=["intranet"])
    pre_jobs: list[Id] = Field(default=[], examples=[["python-docs"]])
    post_jobs: list[Id] = Field(default=[], examples=[["python-docs"]])
    error_tolerance: ToleranceTable = Field(
        default_factory=ToleranceTable, examples=[{"max_child_failures": 10}]
    )
    type: OptionalName = Field(default="", examples=["crawler"])
    job_type: UserOnly = "user"
    source_type: OptionalName = Field(default="", examples=["web"])
    base_url: BaseUrl = Field(default="", examples=["https://docs.python.org/3/"])
