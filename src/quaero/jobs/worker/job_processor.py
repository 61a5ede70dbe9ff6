"""The processor: claims jobs, routes parent jobs to their manager and child jobs to their worker, settles the end."""

import asyncio
import math
import random
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quaero.jobs.loop import Loop
from quaero.jobs.registry import Registry
from quaero.jobs.steps import StepView, StepViews
from quaero.jobs.worker import Collection, JobContext, storable
from quaero.models.definition import JobStep, RetryPolicy
from quaero.models.errors import JobFailure, LeaseLostError, QuaeroError, StoreError
from quaero.models.job import ChildJob, Job, JobKind
from quaero.models.outcome import End, LogLevel, LogLine, Settlement
from quaero.settings import QueueSettings
from quaero.store.clock import Clock, SystemClock
from quaero.store.store import Store
from quaero.store.transaction import Change

PLAN_CHUNK = 1_000
SETTLE_BATCH = 500
"""Settlements in one transaction at the most: enough to share its cost, few enough to keep it short."""


NO_STEP = JobStep("", "", {}, retry=RetryPolicy(max_attempts=1))
"""Stands for the step where it cannot be read."""

UNSTORABLE = "unstorable_result"
LONGEST_WAIT_SECONDS = 10**9

Claim = tuple[int, int]
"""One execution: the job and its lease number. A job can be executed anew before an old execution has stopped."""


@dataclass(slots=True)
class _Held:
    """A job that this process executes. `lost`: its lease is gone. `stopped`: its task was cancelled by us."""

    task: "asyncio.Task[None]"
    lost: bool = False
    stopped: bool = False

    def stop(self, *, lost: bool) -> None:
        self.lost, self.stopped = lost, True
        self.task.cancel()


class JobProcessor:
    """Executes jobs of one run, or of all. `stop` gives unfinished jobs back to the queue."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        collection: Collection,
        settings: QueueSettings,
        *,
        root_id: int | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._store, self._registry, self._settings, self._root_id = store, registry, settings, root_id
        self._collection, self._clock = collection, clock or SystemClock()
        self._types = tuple({**registry.managers, **registry.workers})
        self._steps = StepViews(store, registry.managers)
        self._held: dict[Claim, _Held] = {}
        self._ended: list[Settlement] = []
        self._recorded: dict[Claim, list[Callable[[], None]]] = {}
        self._claims = Loop("claim", self._claim, interval=1.0)
        self._settles = Loop("settle", self._settle, interval=3600.0)
        self._heartbeats = Loop("heartbeat", self._heartbeat, interval=settings.heartbeat_ms / 1000)
        self._forget = store.on_change(self._changed)

    @property
    def loops(self) -> tuple[Loop, ...]:
        return self._claims, self._settles, self._heartbeats

    def start(self) -> None:
        for loop in self.loops:
            loop.start()

    async def stop(self) -> None:
        """Claim no more, give back what is not finished, record what is. Returns when nothing is held any more."""
        self._forget()
        await self._claims.stop()
        executions = list(self._held.values())
        for held in executions:
            held.stop(lost=held.lost)
        if executions:
            await asyncio.wait([held.task for held in executions])
        await self._settles.stop()
        await self._settle()
        await self._heartbeats.stop()

    def _changed(self, change: Change) -> None:
        if change & Change.READY:
            self._claims.wake()
        if change & Change.STOPPED:
            self._heartbeats.wake()

    async def _claim(self) -> float | None:
        room = self._settings.concurrency - len(self._held)
        if room <= 0:
            return None
        claimed = await self._store.claim(self._types, room, self._settings.lease_ms, self._root_id)
        for job in claimed.jobs:
            task = asyncio.create_task(self._execute(job), name=f"job {job.id}")
            self._held[job.id, job.lease_number] = _Held(task)
        if claimed.next_at is not None:
            return min(1.0, max(0.0, (claimed.next_at - self._clock.now_ms()) / 1000) + 0.001)
        return None

    async def _settle(self) -> float | None:
        while self._ended:
            batch, self._ended = self._ended[:SETTLE_BATCH], self._ended[SETTLE_BATCH:]
            await self._record(batch)
        return None

    async def _record(self, batch: list[Settlement]) -> None:
        """Record a batch; if one of its settlements cannot be stored, that one alone fails."""
        try:
            refused = await self._store.settle(batch)
            self._announce(batch, refused)
        except QuaeroError:
            raise
        except Exception as error:
            if len(batch) > 1:
                for settlement in batch:
                    await self._record([settlement])
            elif batch[0].error_code == UNSTORABLE:
                raise
            else:
                await self._record([_unstorable(batch[0], error)])

    def _announce(self, batch: list[Settlement], refused: list[Claim]) -> None:
        if self._recorded:
            for settlement in batch:
                claim = (settlement.job_id, settlement.lease_number)
                for function in self._recorded.pop(claim, ()):
                    if claim not in refused:
                        function()

    async def _heartbeat(self) -> float | None:
        claims = list(self._held)
        if claims:
            kept = await self._store.heartbeat(claims, self._settings.lease_ms)
            for claim in claims:
                held = self._held.get(claim)
                if held is not None and claim not in kept:
                    held.stop(lost=True)
        return None

    async def _execute(self, job: Job) -> None:
        claim = (job.id, job.lease_number)
        settlement = None
        try:
            settlement = await (self._plan(job) if job.kind is JobKind.PARENT else self._work(job))
        except LeaseLostError:
            pass  # someone else has the job, or nobody shall: there is nothing to record
        except asyncio.CancelledError:
            if not self._held[claim].lost:
                settlement = Settlement(job.id, job.lease_number, End.RELEASED)
        finally:
            del self._held[claim]
        if settlement is not None:
            self._ended.append(settlement)
            self._settles.wake()
        self._claims.wake()

    async def _work(self, job: Job) -> Settlement:
        step, lines = NO_STEP, list[LogLine]()
        try:
            view = await self._steps.of(job)
            context = JobContext(
                view.definition, view.step, view.config, self._collection, self._clock.now_ms
            )
            step, lines = view.step, context.lines
            worker = self._registry.workers[job.type]
            worker.validate(job)
            outcome = await worker.execute(job, context)
        except asyncio.CancelledError:
            if self._held[job.id, job.lease_number].stopped:
                raise
            failure = JobFailure("the worker cancelled itself", retryable=True)
            return _failed(job, step, failure, lines, self._clock.now_ms())
        except Exception as error:  # noqa: BLE001 - a worker may raise anything; it concerns its job alone
            failure = _as_failure(error)
            if failure is not error:
                lines.append(LogLine(self._clock.now_ms(), LogLevel.DEBUG, storable(traceback.format_exc())))
            return _failed(job, step, failure, lines, self._clock.now_ms())
        if context.recorded:
            self._recorded[job.id, job.lease_number] = context.recorded
        return Settlement(
            job.id,
            job.lease_number,
            End.COMPLETED,
            outcome.documents,
            tuple(context.children),
            outcome.claims,
            tuple(lines),
            storable(outcome.note),
        )

    async def _plan(self, parent: Job) -> Settlement | None:
        """Store the manager's children chunk by chunk; a plan that is stored needs no settlement."""
        step = NO_STEP
        try:
            view = await self._steps.of(parent)
            step = view.step
            await self._store_plan(parent, view)
        except (LeaseLostError, StoreError):
            raise
        except Exception as error:  # noqa: BLE001 - a manager may raise anything; it concerns its step alone
            failed = _failed(parent, step, _as_failure(error), [], self._clock.now_ms())
            if failed.end is End.RETRY:
                return failed
            await self._store.fail_plan(parent, failed.error_code or "", failed.error or "")
        return None

    async def _store_plan(self, parent: Job, view: StepView) -> None:
        manager = self._registry.managers[parent.type]
        stored = await self._store.begin_plan(parent, manager.limits(view.config))
        chunk: list[ChildJob] = []
        async for child in manager.create_parent_job(view.step, view.definition, parent.id, view.config):
            if stored:
                stored -= 1
                continue
            chunk.append(child)
            if len(chunk) == PLAN_CHUNK:
                await self._store.add_planned(parent, chunk, last=False)
                chunk = []
        await self._store.add_planned(parent, chunk, last=True)


def _as_failure(error: Exception) -> JobFailure:
    """Any error of a worker or manager as a failure; one that nobody expected may pass with time."""
    if isinstance(error, JobFailure):
        return error
    if isinstance(error, QuaeroError):
        return JobFailure(error.line(), code=error.code)
    return JobFailure(f"{type(error).__name__}: {error}", code="internal_error", retryable=True)


def _failed(
    job: Job, step: JobStep, failure: JobFailure, lines: Sequence[LogLine], now_ms: int
) -> Settlement:
    """Try again by the step's policy, or fail for good. A wait that the other side asked for is never cut short."""
    tries = job.attempt - job.lost_leases
    retry = (failure.retryable or step.on_error == "retry") and tries < step.retry.max_attempts
    delay = step.retry.delay_ms(tries, random.random()) if retry else 0  # noqa: S311 - jitter
    asked = failure.retry_after or 0.0
    asked_ms = math.ceil(min(asked, LONGEST_WAIT_SECONDS) * 1000) if asked > 0 else 0
    text = storable(failure.line())
    if asked_ms > max(step.retry.max_backoff_ms, delay):
        retry, text = False, f"{text} (asked to wait {asked_ms // 1000} s, longer than max_backoff)"
    delay = max(delay, asked_ms) if retry else 0
    told = (
        LogLine(now_ms, LogLevel.WARNING, f"attempt {tries}: {text}; again in {delay / 1000:.1f} s")
        if retry
        else LogLine(now_ms, LogLevel.ERROR, text)
    )
    return Settlement(
        job.id,
        job.lease_number,
        End.RETRY if retry else End.FAILED,
        log=(*lines, told),
        error_code=failure.code,
        error=text,
        delay_ms=delay,
    )


def _unstorable(settlement: Settlement, error: Exception) -> Settlement:
    text = f"its result cannot be stored ({type(error).__name__}: {error})"
    return Settlement(
        settlement.job_id, settlement.lease_number, End.FAILED, error_code=UNSTORABLE, error=storable(text)
    )
