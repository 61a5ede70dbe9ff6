"""The orchestrator over the store: one loop for all runs, woken by commits, with a slow sweep as the net."""

import time

from quaero.jobs.loop import Loop
from quaero.jobs.orchestrator import JobOrchestrator
from quaero.models.job import Job
from quaero.store.store import Store
from quaero.store.transaction import Change

COALESCE_SECONDS = 0.1
"""Progress that decides nothing is folded this often at the most."""

SWEEP_SECONDS = 1.0


class StoreOrchestrator(JobOrchestrator):
    """Folds the changes of children into their parents, takes back lost leases, ends runs that are out of time.

    What is to be watched is stored (a parent's changed mark, a run's deadline), so it needs no list of its own.
    """

    def __init__(self, store: Store, *, max_lost_leases: int) -> None:
        self._store, self._max_lost_leases = store, max_lost_leases
        self._fold = Loop("fold", self._fold_once, interval=SWEEP_SECONDS)
        self._sweep = Loop("sweep", self._sweep_once, interval=SWEEP_SECONDS)
        self._decision = True
        self._folded_at = 0.0

    @property
    def loops(self) -> tuple[Loop, ...]:
        return self._fold, self._sweep

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
        if change & Change.DECISION:
            self._decision = True
        if change & (Change.DECISION | Change.PROGRESS):
            self._fold.wake()

    async def _fold_once(self) -> float | None:
        """Fold now if something is to be decided, else when the last fold is long enough ago."""
        early = COALESCE_SECONDS - (time.monotonic() - self._folded_at)
        if not self._decision and early > 0:
            return early
        self._decision = False
        await self._store.fold()
        self._folded_at = time.monotonic()
        return None

    async def _sweep_once(self) -> float | None:
        await self._store.rescue(self._max_lost_leases)
        await self._store.fail_overdue()
        return None
