"""Does one operation on the database of the store, beside the jobs that run on it."""

from quaero.jobs.manager.database_maintenance_manager import CHILD_TYPE, OPERATION, DatabaseMaintenanceConfig
from quaero.jobs.worker import JobContext
from quaero.models.errors import ConflictError, JobFailure, StoreError, UsageError
from quaero.models.job import Job
from quaero.models.maintenance import Maintained, Operation
from quaero.models.outcome import LogLevel, Outcome

FINDINGS_LOGGED = 100


class DatabaseMaintenanceWorker:
    """Executes `database_maintenance_operation` jobs: config {"operation": an `Operation`}."""

    worker_type = CHILD_TYPE

    def validate(self, job: Job) -> None:
        """`JobFailure` unless it names an operation."""
        if job.config.get(OPERATION) not in list(Operation):
            raise JobFailure(f"there is no operation {job.config.get(OPERATION)!r}", code="invalid_job")

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        from quaero.store.maintenance import Orders, perform  # noqa: PLC0415 - seldom needed

        config: DatabaseMaintenanceConfig = context.config
        orders = Orders(config.retention.over(context.control.retention), config.folder, config.keep)
        try:
            done = await perform(context.control.store, Operation(job.config[OPERATION]), orders)
        except (StoreError, UsageError, ConflictError) as error:
            raise _failure(error) from error
        _log(done, context)
        if done.findings:
            raise JobFailure(
                f"the database is not sound: {len(done.findings)} found, first {done.findings[0]}",
                code="not_sound",
                remedy="See: quaero db check",
            )
        return Outcome(note=done.summary)

    async def close(self) -> None:
        """Nothing is held."""


def _failure(error: StoreError | UsageError | ConflictError) -> JobFailure:
    """It failed alone. A full disk has room again, a lock is given back: then it goes another time."""
    return JobFailure(
        error.what,
        code="maintenance_failed",
        where=error.where,
        remedy=error.remedy,
        retryable=isinstance(error, StoreError),
    )


def _log(done: Maintained, context: JobContext) -> None:
    context.log(f"{done.operation}: {done.exact}")
    for problem in done.problems:
        context.log(problem, LogLevel.WARNING)
    for finding in done.findings[:FINDINGS_LOGGED]:
        context.log(finding, LogLevel.ERROR)
