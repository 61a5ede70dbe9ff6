"""The engine: everything that runs over one open store, wired together."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from quaero.jobs.control import Control
from quaero.jobs.loop import Loop
from quaero.jobs.orchestrator.event_hub import EventHub
from quaero.jobs.orchestrator.job_orchestrator import StoreOrchestrator
from quaero.jobs.registry import Registry
from quaero.jobs.worker.job_processor import JobProcessor
from quaero.models.job import Job
from quaero.settings import QueueSettings
from quaero.store.reads import DocumentFilter
from quaero.store.store import Store

if TYPE_CHECKING:
    from quaero.jobs.scheduler import Scheduler


class StoredCollection:
    """The stored documents, as workers may use them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def rebuild_index(self) -> None:
        await self._store.rebuild_index()

    async def count_documents(self) -> int:
        return (await self._store.documents(DocumentFilter(), limit=1)).total


class Engine:
    """Control and events of a store; `working` adds the parts that execute jobs."""

    def __init__(self, store: Store, registry: Registry, queue: QueueSettings) -> None:
        self.store, self.registry, self._queue = store, registry, queue
        self.control = Control(store, registry)
        self.hub = EventHub(store)

    @asynccontextmanager
    async def working(
        self,
        root_id: int | None = None,
        *,
        role: str = "run",
        types: Sequence[str] | None = None,
        concurrency: int | None = None,
        schedules: bool = False,
        drain_seconds: float = 0.0,
    ) -> AsyncIterator["Work"]:
        """Execute the jobs of one run, or of all, in this process while the block runs.

        `role` is what the list of processes shows; `types` limits which jobs are taken; `schedules`: start planned
        runs too. At the end jobs that run get `drain_seconds` to finish before they are given back.
        """
        if root_id is None:
            self.store.backend.be_patient()  # with nobody there to start it again
        queue = self._queue if concurrency is None else replace(self._queue, concurrency=concurrency)
        collection = StoredCollection(self.store)
        processor = JobProcessor(self.control, self.registry, collection, queue, root_id=root_id, types=types)
        orchestrator = StoreOrchestrator(self.store, queue)
        scheduler = self._scheduler() if schedules else None
        work = Work(self.store, processor, orchestrator, scheduler, role, queue, root_id)
        await work.start(None if root_id is None else await self.store.job(root_id))
        try:
            yield work
        finally:
            try:
                await work.stop(drain_seconds)
            finally:
                await self.registry.close()

    def _scheduler(self) -> "Scheduler":
        from quaero.jobs.scheduler import Scheduler  # noqa: PLC0415 - slow, and not needed for a single run

        return Scheduler(self.store, self.control)

    async def close(self) -> None:
        self.hub.close()
        await self.store.close()


class Work:
    """The background parts while they run."""

    def __init__(
        self,
        store: Store,
        processor: JobProcessor,
        orchestrator: StoreOrchestrator,
        scheduler: "Scheduler | None",
        role: str,
        queue: QueueSettings,
        root_id: int | None,
    ) -> None:
        self._store, self._role, self._concurrency = store, role, queue.concurrency
        self._root_id = root_id
        self.processor, self.orchestrator, self.scheduler = processor, orchestrator, scheduler
        self._signs_of_life = Loop("sign of life", self._register, interval=queue.heartbeat_ms / 1000)

    async def start(self, run: Job | None) -> None:
        await self._register()
        self.orchestrator.start()
        self.processor.start()
        if self.scheduler is not None:
            self.scheduler.start()
        self._signs_of_life.start()
        if run is not None:
            self.orchestrator.start_monitoring(run)

    async def stop(self, drain_seconds: float) -> None:
        """Stop every part, whatever becomes of another; then raise the first error of any."""
        stops: list[Callable[[], Awaitable[None]]] = [] if self.scheduler is None else [self.scheduler.stop]
        stops += [
            partial(self.processor.stop, drain_seconds),
            self.orchestrator.stop,
            self._signs_of_life.stop,
        ]
        stops += [self._store.sign_off]
        errors: list[BaseException] = [
            error for stop in stops if (error := await _error_of(stop)) is not None
        ]
        errors += [failed for loop in self._loops if (failed := loop.error) is not None]
        if errors:
            raise errors[0]

    @property
    def _loops(self) -> list[Loop]:
        loops = [*self.processor.loops, *self.orchestrator.loops, self._signs_of_life]
        return loops if self.scheduler is None else [*loops, *self.scheduler.loops]

    async def failure(self) -> None:
        """Returns never, unless a background part fails (a full disk, a damaged file): then raises its error."""
        tasks = [loop.task for loop in self._loops if loop.task is not None]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def _register(self) -> float | None:
        await self._store.register(self._role, self.processor.types, self._concurrency, self._root_id)
        return None


async def _error_of(stop: Callable[[], Awaitable[None]]) -> Exception | None:
    try:
        await stop()
    except Exception as error:  # noqa: BLE001 - raised when everything else has stopped
        return error
    return None
