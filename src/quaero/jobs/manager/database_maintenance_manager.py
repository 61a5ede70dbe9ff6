"""The maintenance step: one child for each operation, in the order in which they are written."""

from collections.abc import AsyncIterator
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from quaero.jobs.config_types import Milliseconds, config_problem
from quaero.jobs.manager import PlanContext
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import ChildJob, StepLimits
from quaero.models.maintenance import Operation
from quaero.settings import RetentionSettings

CHILD_TYPE = "database_maintenance_operation"
OPERATION = "operation"


def _each_once(operations: list[Operation]) -> list[Operation]:
    for operation in operations:
        if operations.count(operation) > 1:
            raise config_problem(f'"{operation}" is there twice')
    return operations


def _folder(written: str) -> str:
    if written and not Path(written).expanduser().is_absolute():
        raise config_problem(
            "must be the whole path of a folder: the step may run in any process",
            example='backup_dir = "/var/backups/quaero"',
        )
    return written


class RetentionConfig(BaseModel):
    """The table `retention`: how long things are kept; what is not set is as in the settings of that name."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    runs: Milliseconds | None = None
    events: Milliseconds | None = None
    logs: Milliseconds | None = None
    versions: Milliseconds | None = None
    answers: Milliseconds | None = None
    budgets: Milliseconds | None = None

    def over(self, settings: RetentionSettings) -> RetentionSettings:
        """The settings, where this says nothing else."""
        own = {f"{name}_ms": value for name, value in self if value is not None}
        kept = {field.name: getattr(settings, field.name) for field in fields(settings)}
        return RetentionSettings(**kept | own)


class DatabaseMaintenanceConfig(BaseModel):
    """The config of a maintenance step. `keep`: how many backups stay in `backup_dir`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    operations: Annotated[
        list[Annotated[Operation, Field(strict=False)]], Field(min_length=1), AfterValidator(_each_once)
    ] = [Operation.VACUUM, Operation.ANALYZE, Operation.REINDEX]
    retention: RetentionConfig = RetentionConfig()
    backup_dir: Annotated[str, AfterValidator(_folder), Field(examples=["/var/backups/quaero"])] = ""
    keep: Annotated[int, Field(ge=1, le=1_000)] = 7

    @property
    def folder(self) -> Path | None:
        """That for backups."""
        return Path(self.backup_dir).expanduser() if self.backup_dir else None

    @model_validator(mode="after")
    def _backups_have_a_folder(self) -> Self:
        if Operation.BACKUP in self.operations and not self.backup_dir:
            raise config_problem(
                '"backup" needs a folder for the copies', example='backup_dir = "/var/backups/quaero"'
            )
        return self


class DatabaseMaintenanceManager:
    manager_type = "database_maintenance"
    config_model: type[BaseModel] = DatabaseMaintenanceConfig

    def limits(self, config: DatabaseMaintenanceConfig) -> StepLimits:
        return StepLimits(concurrency=1)

    async def create_parent_job(
        self,
        step: JobStep,
        definition: JobDefinition,
        parent_job_id: int,
        config: Any,
        context: PlanContext,
    ) -> AsyncIterator[ChildJob]:
        for operation in config.operations:
            yield ChildJob(CHILD_TYPE, operation, {OPERATION: operation})
