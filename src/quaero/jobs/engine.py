"""The engine: everything that runs over one open store, wired together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from quaero.jobs.control import Control
from quaero.jobs.orchestrator.event_hub import EventHub
from quaero.jobs.orchestrator.job_orchestrator import StoreOrchestrator
from quaero.jobs.registry import Registry
from quaero.jobs.worker.job_processor import JobProcessor
from quaero.settings import QueueSettings
from quaero.store.reads import DocumentFilter
from quaero.store.store import Store


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
    async def working(self, root_id: int | None = None) -> AsyncIterator["Work"]:
        """Execute the jobs of one run, or of all, in this process while the block runs."""
        processor = JobProcessor(
            self.store, self.registry, StoredCollection(self.store), self._queue, root_id=root_id
        )
        orchestrator = StoreOrchestrator(self.store, max_lost_leases=self._queue.max_lost_leases)
        orchestrator.start()
        processor.start()
        try:
            if root_id is not None:
                orchestrator.start_monitoring(await self.store.job(root_id))
            yield Work(processor, orchestrator)
        finally:
            await processor.stop()
            await orchestrator.stop()
            await self.registry.close()

    async def close(self) -> None:
        self.hub.close()
        await self.store.close()


class Work:
    """The background parts while they run."""

    def __init__(self, processor: JobProcessor, orchestrator: StoreOrchestrator) -> None:
        self._loops = (*processor.loops, *orchestrator.loops)

    async def failure(self) -> None:
        """Returns never, unless a background part fails (a full disk, a damaged file): then raises its error."""
        tasks = [loop.task for loop in self._loops if loop.task is not None]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
