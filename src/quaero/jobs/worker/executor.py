"""Executes one job: a parent job by its manager, a child by its worker. What they do wrong concerns their job alone."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from quaero.jobs.manager import PlanContext
from quaero.jobs.registry import Registry
from quaero.jobs.steps import StepView, StepViews
from quaero.jobs.tracing import Tracing
from quaero.jobs.worker import Collection, JobContext, storable
from quaero.jobs.worker.failures import as_failure, settlement_of
from quaero.jobs.worker.log_buffer import LogBuffer
from quaero.models.definition import JobStep, RetryPolicy
from quaero.models.duration import format_duration
from quaero.models.errors import JobFailure, LeaseLostError, StoreError
from quaero.models.job import ChildJob, Job, JobKind
from quaero.models.outcome import End, LogLevel, LogLine, Outcome, Settlement
from quaero.settings import QueueSettings
from quaero.store.clock import Clock

if TYPE_CHECKING:
    from quaero.jobs.control import Control

PLAN_CHUNK = 1_000

NO_STEP = JobStep("", "", {}, retry=RetryPolicy(max_attempts=1))
"""Stands for the step where it cannot be read."""


class Executed(NamedTuple):
    """What to record of an execution (None: nothing), and whom to tell once that is done."""

    settlement: Settlement | None
    recorded: tuple[Callable[[], None], ...] = ()


AddPlanned = Callable[[Job, Sequence[ChildJob], bool], Awaitable[None]]
"""Stores one chunk of the plan of a parent job; whether it is the last."""


class Executor:
    """Over one store and the installed kinds of work."""

    def __init__(
        self,
        control: "Control",
        registry: Registry,
        collection: Collection,
        settings: QueueSettings,
        clock: Clock,
        add_planned: AddPlanned,
        tracing: Tracing | None = None,
    ) -> None:
        self._control, self._store = control, control.store
        self._registry, self._collection, self._settings, self._clock = registry, collection, settings, clock
        self._add_planned, self._tracing = add_planned, tracing
        self._steps = StepViews(self._store, registry.managers)

    def execute(self, job: Job) -> Coroutine[Any, Any, Executed]:
        """Plan a parent job or do the work of a child.

        Only these get out of it: a cancellation from outside, `LeaseLostError`, and `StoreError`, after which this
        process cannot go on.
        """
        execution = self._plan(job) if job.kind is JobKind.PARENT else self._work(job)
        return execution if self._tracing is None else _traced(self._tracing, job, execution)

    async def _work(self, job: Job) -> Executed:
        step, lines = NO_STEP, LogBuffer(self._settings.max_log_lines)
        try:
            view = await self._steps.of(job)
            step = view.step
            context = JobContext(
                view.definition,
                step,
                view.config,
                self._collection,
                self._control,
                self._clock.now_ms,
                lines=lines,
            )
            worker = self._registry.workers[job.type]
            worker.validate(job)
            execution = worker.execute(job, context)
            limit = step.child_timeout_ms
            outcome = await (execution if limit is None else _within(limit, execution))
            return Executed(_success(job, outcome, context), tuple(context.recorded))
        except (StoreError, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 - a worker may raise anything
            failure = _failure(error)
            if failure is not error:
                lines.append(LogLine(self._clock.now_ms(), LogLevel.DEBUG, storable(traceback.format_exc())))
            return Executed(settlement_of(job, step, failure, lines, self._clock.now_ms()))

    async def _plan(self, parent: Job) -> Executed:
        """Store the manager's children chunk by chunk; a plan that is stored needs no settlement."""
        step = NO_STEP
        try:
            view = await self._steps.of(parent)
            step = view.step
            await self._store_plan(parent, view)
        except (LeaseLostError, StoreError, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 - a manager may raise anything
            settlement = settlement_of(parent, step, _failure(error), [], self._clock.now_ms())
            if settlement.end is End.RETRY:
                return Executed(settlement)
            await self._store.fail_plan(parent, settlement.error_code or "", settlement.error or "")
        return Executed(None)

    async def _store_plan(self, parent: Job, view: StepView) -> None:
        manager = self._registry.managers[parent.type]
        context = PlanContext(self._collection, self._control)
        stored = await self._store.begin_plan(parent, manager.limits(view.config))
        chunk: list[ChildJob] = []
        async for child in manager.create_parent_job(
            view.step, view.definition, parent.id, view.config, context
        ):
            if stored:
                stored -= 1
                continue
            chunk.append(child)
            if len(chunk) == PLAN_CHUNK:
                await self._add_planned(parent, chunk, False)
                chunk = []
        await self._add_planned(parent, chunk, True)


async def _traced(tracing: Tracing, job: Job, execution: Awaitable[Executed]) -> Executed:
    with tracing.execution(job) as trace:
        executed = await execution
        if executed.settlement is not None and executed.settlement.error_code:
            trace.failed(executed.settlement.error_code)
        return executed


def _success(job: Job, outcome: object, context: JobContext) -> Settlement:
    if not isinstance(outcome, Outcome):
        text = f"the worker returned {type(outcome).__name__}, not an Outcome"
        raise JobFailure(text, code="internal_error")
    return Settlement(
        job.id,
        job.lease_number,
        End.COMPLETED,
        outcome.documents,
        tuple(context.children),
        outcome.claims,
        outcome.results,
        tuple(context.lines) if context.lines else (),
        storable(outcome.note),
    )


def _failure(error: BaseException) -> JobFailure:
    """The error as a failure of the job; a cancellation from outside goes on its way."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise error
        return JobFailure("the work cancelled itself", retryable=True)
    return as_failure(error)


async def _within(timeout_ms: int, execution: Awaitable[Outcome]) -> Outcome:
    """The outcome of the execution, or a failure worth another try when it takes too long."""
    try:
        async with asyncio.timeout(timeout_ms / 1000) as limit:
            return await execution
    except TimeoutError:
        if not limit.expired():
            raise
        text = f"it took longer than the step's child_timeout of {format_duration(timeout_ms)}"
        raise JobFailure(text, code="timeout", retryable=True) from None
