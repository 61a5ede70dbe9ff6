"""The orchestrator over the store: one loop for all runs, woken by commits, with a slow sweep as the net."""

import time

from quaero.jobs.loop import Loop
from quaero.jobs.orchestrator import JobOrchestrator
from quaero.models.job import Job
from quaero.settings import QueueSettings
from quaero.store.store import Store
from quaero.store.transaction import Change
from quaero.store.transitions.duties import ORCHESTRATOR

COALESCE_SECONDS = 0.1
"""Progress that decides nothing is folded this often at the most."""

SWEEP_SECONDS = 1.0


class StoreOrchestrator(JobOrchestrator):
    """Folds the changes of children into their parents, takes back lost leases, ends what is out of time.

    What is to be watched is stored (a parent's changed mark, a deadline), so it needs no list of its own. Of all
    processes on a store one at a time has this duty; the others stand by.
    """

    def __init__(self, store: Store, settings: QueueSettings) -> None:
        self._store, self._settings = store, settings
        self._fold = Loop("fold", self._fold_once, interval=SWEEP_SECONDS)
        self._sweep = Loop("sweep", self._sweep_once, interval=SWEEP_SECONDS)
        self._on_duty = False
        self._decision, self._foreign = True, False
        self._folded_at = 0.0

    @property
    def loops(self) -> tuple[Loop, ...]:
        return self._fold, self._sweep

    @property
    def on_duty(self) -> bool:
        """Whether this process is the one that watches; as far as it knows."""
        return self._on_duty

    def start(self) -> None:
        self.subscribe_to_child_status_changes()
        for loop in self.loops:
            loop.start()

    async def stop(self) -> None:
        self._forget()
        for loop in self.loops:
            await loop.stop()

    def start_monitoring(self, job: Job) -> None:
        self._decision = True
        self._fold.wake()

    def subscribe_to_child_status_changes(self) -> None:
        self._forget = self._store.on_change(self._changed)

    def _changed(self, change: Change) -> None:
        if change & (Change.DUTY | Change.FOREIGN) and not self._on_duty:
            self._sweep.wake()  # the process on duty may have left
        if change & Change.DECISION:
            self._decision = True
        if change & Change.FOREIGN:
            self._foreign = True
        if change & (Change.DECISION | Change.PROGRESS | Change.FOREIGN):
            self._fold.wake()

    async def _fold_once(self) -> float | None:
        """Fold now if something is to be decided, else when the last fold is long enough ago."""
        if not self._on_duty:
            return None
        if self._foreign:
            self._foreign = False
            self._decision |= await self._store.something_to_decide()
        early = COALESCE_SECONDS - (time.monotonic() - self._folded_at)
        if not self._decision and early > 0:
            return early
        self._decision = False
        self._on_duty = await self._store.fold(on_duty=True)
        self._folded_at = time.monotonic()
        return None

    async def _sweep_once(self) -> float | None:
        had_it = self._on_duty
        self._on_duty = await self._store.take_duty(ORCHESTRATOR, self._settings.lease_ms)
        if self._on_duty:
            await self._store.rescue(self._settings.max_lost_leases)
            await self._store.fail_overdue()
        if self._on_duty and not had_it:
            self._decision = True
            self._fold.wake()
        return None
