"""The processor: claims jobs, routes parent jobs to their manager and child jobs to their worker, settles the end."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quaero.jobs.loop import Loop
from quaero.jobs.registry import Registry
from quaero.jobs.tracing import Tracing
from quaero.jobs.worker import Collection
from quaero.jobs.worker.by_run import ByRun
from quaero.jobs.worker.executor import Executed, Executor
from quaero.jobs.worker.failures import UNSTORABLE, unstorable
from quaero.models.errors import LeaseLostError, QuaeroError, StoreError
from quaero.models.job import ChildJob, Job
from quaero.models.outcome import End, LogLevel, Settlement
from quaero.settings import QueueSettings
from quaero.store.clock import Clock
from quaero.store.parked import ParkedClaim
from quaero.store.transaction import Change

if TYPE_CHECKING:
    from quaero.jobs.control import Control

SETTLE_BATCH = 500
"""Settlements in one transaction at the most: enough to share its cost, few enough to keep it short."""


BUSY_SECONDS = 0.01
"""How soon to look again when others were at every run with something to do."""

Claim = tuple[int, int]
"""One execution: the job and its lease number. A job can be executed anew before an old execution has stopped."""


WATCH_SECONDS = 0.25
"""How often, at the most, commits of other processes make this one look whether its jobs are still its own."""


@dataclass(slots=True)
class _Held:
    """A job that this process executes. `lost`: its lease is gone. `stopped_at`: when we cancelled its task."""

    root_id: int
    task: "asyncio.Task[None]"
    lost: bool = False
    stopped_at: float | None = None

    def stop(self, *, lost: bool) -> None:
        if self.stopped_at is None:
            self.stopped_at = time.monotonic()
            self.task.cancel()
        self.lost = self.lost or lost


class JobProcessor:
    """Executes jobs of one run, or of all. `stop` gives unfinished jobs back to the queue.

    `types`: the only job types and actions to take; None: all that are installed. `drain_seconds`: how long what runs
    may go on before it is given back.
    """

    def __init__(
        self,
        control: "Control",
        registry: Registry,
        collection: Collection,
        settings: QueueSettings,
        *,
        root_id: int | None = None,
        types: Sequence[str] | None = None,
        drain_seconds: float = 0.0,
        clock: Clock | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        self._control, self._store = control, control.store
        self._registry, self._settings, self._root_id = registry, settings, root_id
        self._clock, self._drain_seconds = clock or self._store.backend.clock, drain_seconds
        self.types = tuple({**registry.managers, **registry.workers} if types is None else types)
        self._executor = Executor(
            control, registry, collection, settings, self._clock, self._add_planned, tracing
        )
        self._held: dict[Claim, _Held] = {}
        self._ended: dict[int, list[Settlement]] = {}
        self._recorded: dict[Claim, tuple[Callable[[], None], ...]] = {}
        self._claims = Loop("claim", self._claim, interval=1.0)
        self._settles = Loop("settle", self._settle, interval=3600.0)
        self._heartbeats = Loop("heartbeat", self._heartbeat, interval=settings.heartbeat_ms / 1000)
        self._recording = ByRun(self._record_ended, self._settles.wake)
        self._extending = ByRun(self._extend, self._heartbeats.wake)
        self._watch = Loop("watch", self._look_for_lost, interval=3600.0)
        self._watched_at = 0.0
        self._broken: StoreError | None = None
        self._suspect_from = settings.max_lost_leases / 2
        self._stopping = self._claiming = self._claim_after = False
        self._parked: ParkedClaim | None = None
        self._taken_along: set[asyncio.Task[None]] = set()
        self._forget = self._store.on_change(self._changed)

    @property
    def loops(self) -> tuple[Loop, ...]:
        return self._claims, self._settles, self._heartbeats, self._watch

    @property
    def idle(self) -> bool:
        """Whether nothing is being executed."""
        return not self._held

    def start(self) -> None:
        for loop in self.loops:
            loop.start()

    async def stop(self) -> None:
        """Claim no more, wait for what runs, give back what is not finished then, record what is.

        Work that does not stop within the grace time is left to itself; its lease is returned when it runs out.
        """
        self._forget()
        self._stopping = True
        await self._claims.stop()
        if self._parked is not None and not self._parked.withdraw():
            await asyncio.wait(self._taken_along)
        await self._wait_for_work(self._drain_seconds)
        for held in self._held.values():
            held.stop(lost=held.lost)
        await self._wait_for_work(self._settings.grace_ms / 1000)
        await self._watch.stop()
        await self._settles.stop()
        await self._recording.wait()
        await self._heartbeats.stop()
        await self._extending.wait()

    async def _wait_for_work(self, seconds: float) -> None:
        if self._held and seconds > 0:
            await asyncio.wait([held.task for held in self._held.values()], timeout=seconds)

    def _changed(self, change: Change) -> None:
        if change & (Change.READY | Change.FOREIGN):
            self._claims.wake()
        if change & Change.STOPPED:
            self._watched_at = 0.0
        if change & (Change.STOPPED | Change.FOREIGN):
            self._watch.wake()

    async def _claim(self) -> float | None:
        if self._broken is not None:
            raise self._broken
        if self._parked is not None and not self._parked.withdraw():
            self._claim_after = True
            return None  # it is being made; `_plan_and_claim` wakes us
        self._parked = None
        room = self._room
        if room <= 0:
            return None
        self._claiming = True
        try:
            claimed = await self._store.claim(
                self.types, room, self._settings.lease_ms, self._root_id, suspect_from=self._suspect_from
            )
        finally:
            self._claiming = False
        self._begin(claimed.jobs)
        if claimed.busy:
            return BUSY_SECONDS
        if claimed.next_at is not None:
            return min(1.0, max(0.0, (claimed.next_at - self._clock.now_ms()) / 1000) + 0.001)
        return None

    @property
    def _room(self) -> int:
        """How many jobs more may be executed here."""
        return self._settings.concurrency - len(self._held) if self.types else 0

    def _begin(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            task = asyncio.create_task(self._execute(job), name=f"job {job.id}")
            self._held[job.id, job.lease_number] = _Held(job.root_id, task)

    async def _add_planned(self, parent: Job, children: Sequence[ChildJob], last: bool) -> None:
        """Store a chunk of a plan; if there is room and no claim under way, what is ready is claimed with it."""
        idle = not (self._claiming or self._stopping or self._broken) and self._parked is None
        if not idle or self._room <= 0:
            await self._store.add_planned(parent, children, last=last)
            return
        parked = self._parked = self._store.park_claim(
            self.types, self._room, self._settings.lease_ms, self._root_id, suspect_from=self._suspect_from
        )
        claiming = asyncio.create_task(self._plan_and_claim(parent, children, last, parked))
        self._taken_along.add(claiming)
        claiming.add_done_callback(self._taken_along.discard)
        await asyncio.shield(claiming)  # whoever stops the planning must not lose what is claimed

    async def _plan_and_claim(
        self, parent: Job, children: Sequence[ChildJob], last: bool, parked: ParkedClaim
    ) -> None:
        try:
            claimed = await self._store.plan_and_claim(parent, children, last=last, parked=parked)
            self._begin(claimed.jobs)
        finally:
            if self._parked is parked:
                self._parked = None
            if self._claim_after:
                self._claim_after = False
                self._claims.wake()

    async def _settle(self) -> float | None:
        """Recording goes on by itself; here its errors come out."""
        self._recording.check()
        return None

    async def _record_ended(self, root_id: int) -> None:
        while ended := self._ended.pop(root_id, None):
            for start in range(0, len(ended), SETTLE_BATCH):
                await self._record(ended[start : start + SETTLE_BATCH])

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
                await self._record([unstorable(batch[0], error)])

    def _announce(self, batch: list[Settlement], refused: list[Claim]) -> None:
        if self._recorded:
            for settlement in batch:
                claim = (settlement.job_id, settlement.lease_number)
                for function in self._recorded.pop(claim, ()):
                    if claim not in refused:
                        function()

    async def _heartbeat(self) -> float | None:
        self._extending.check()
        for root_id in {held.root_id for held in self._held.values()}:
            self._extending.start(root_id)
        await self._abandon_deaf()
        return None

    async def _extend(self, root_id: int) -> None:
        claims = [claim for claim, held in self._held.items() if held.root_id == root_id]
        if claims:
            self._stop_lost(claims, await self._store.heartbeat(claims, self._settings.lease_ms))

    async def _look_for_lost(self) -> float | None:
        """Stop what was taken away from us: cancelled, or given to another process."""
        early = WATCH_SECONDS - (time.monotonic() - self._watched_at)
        if early > 0:
            return early
        self._watched_at = time.monotonic()
        claims = list(self._held)
        if claims:
            self._stop_lost(claims, await self._store.still_held(claims))
        await self._abandon_deaf()
        stopping = any(held.stopped_at is not None for held in self._held.values())
        return WATCH_SECONDS if stopping else None

    def _stop_lost(self, claims: Sequence[Claim], kept: set[Claim]) -> None:
        for claim in claims:
            held = self._held.get(claim)
            if held is not None and claim not in kept:
                held.stop(lost=True)

    async def _abandon_deaf(self) -> None:
        """Count no longer on work that was told to stop and did not within the grace time."""
        grace, now = self._settings.grace_ms / 1000, time.monotonic()
        for claim, held in list(self._held.items()):
            if held.lost and held.stopped_at is not None and now - held.stopped_at > grace:
                del self._held[claim]
                text = f"the work did not stop within {grace:g} s of being told to; it is left to itself"
                await self._store.add_log_line(claim[0], LogLevel.WARNING, text)
                self._claims.wake()

    async def _execute(self, job: Job) -> None:
        claim = (job.id, job.lease_number)
        executed = Executed(None)
        try:
            executed = await self._executor.execute(job)
        except StoreError as error:
            self._broken = error  # not the job's fault: this process cannot go on
            executed = _released(job)
        except LeaseLostError:
            pass  # someone else has the job, or nobody shall: there is nothing to record
        except asyncio.CancelledError:
            held = self._held.get(claim)
            if held is not None and not held.lost:
                executed = _released(job)
        finally:
            self._held.pop(claim, None)
        if executed.recorded:
            self._recorded[claim] = executed.recorded
        if executed.settlement is not None:
            self._ended.setdefault(job.root_id, []).append(executed.settlement)
            self._recording.start(job.root_id)  # before the next claim: they share a commit
        self._claims.wake()


def _released(job: Job) -> Executed:
    return Executed(Settlement(job.id, job.lease_number, End.RELEASED))
