"""The engine: everything that runs over one open store, wired together."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from quaero.jobs.control import Control
from quaero.jobs.loop import Loop
from quaero.jobs.orchestrator.event_hub import EventHub
from quaero.jobs.orchestrator.job_orchestrator import StoreOrchestrator
from quaero.jobs.presence import Presence
from quaero.jobs.registry import Registry
from quaero.jobs.tracing import Tracing
from quaero.jobs.upkeep import Upkeep
from quaero.jobs.worker.job_processor import JobProcessor
from quaero.models.document import Document
from quaero.models.errors import NotFoundError
from quaero.settings import PlacesSettings, QueueSettings, RetentionSettings
from quaero.store.index_state import IndexState
from quaero.store.reads import DocumentFilter
from quaero.store.store import Store

if TYPE_CHECKING:
    from quaero.jobs.scheduler import Scheduler


class StoredCollection:
    """The stored documents, as workers may use them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def begin_index(self) -> None:
        await self._store.begin_index()

    async def next_documents(self, after: int, count: int) -> tuple[int, int] | None:
        return await self._store.next_documents(after, count)

    async def index_documents(self, after: int, up_to: int) -> int:
        return await self._store.index_documents(after, up_to)

    async def finish_index(self) -> int:
        return await self._store.finish_index()

    async def index_state(self) -> IndexState:
        return await self._store.index_state()

    async def count_documents(self) -> int:
        return (await self._store.documents(DocumentFilter(), limit=1)).total

    async def document(self, document_id: int) -> Document | None:
        try:
            return await self._store.document(document_id)
        except NotFoundError:
            return None

    async def original(self, document_id: int) -> tuple[str, bytes] | None:
        found = await self._store.document_source(document_id)
        return None if found is None else (found[0], await asyncio.to_thread(unpacked, found[1]))

    async def matching(
        self, wanted: DocumentFilter, *, after: int | None, limit: int
    ) -> tuple[Document, ...]:
        return await self._store.matching_documents(wanted, after=after, limit=limit)


def unpacked(source: bytes) -> bytes:
    """The original bytes of a document as they came."""
    import zstandard  # noqa: PLC0415 - only who reads originals needs it

    return zstandard.ZstdDecompressor().decompress(source)


class Engine:
    """Control and events of a store; `working` adds the parts that execute jobs."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        queue: QueueSettings,
        retention: RetentionSettings = RetentionSettings(),  # noqa: B008 - frozen
        places: PlacesSettings = PlacesSettings(),  # noqa: B008 - frozen
        tracing: Tracing | None = None,
    ) -> None:
        self.store, self.registry, self._queue, self._retention = store, registry, queue, retention
        self.tracing = tracing
        self.control = Control(store, registry, places, retention)
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
        processor = JobProcessor(
            self.control,
            self.registry,
            collection,
            queue,
            root_id=root_id,
            types=types,
            drain_seconds=drain_seconds,
            tracing=self.tracing,
        )
        orchestrator = StoreOrchestrator(self.store, queue)
        presence = Presence(self.store, role, processor.types, root_id, queue)
        parts: list[Part] = [processor, orchestrator, presence]
        if root_id is None and self._retention != RetentionSettings():
            parts.insert(0, Upkeep(self.store, self._retention, lambda: orchestrator.on_duty))
        if schedules:
            parts.insert(0, self._scheduler())
        work = Work(processor, orchestrator, parts)
        run = (
            None if root_id is None else await self.store.job(root_id)
        )  # before anything runs: it may not exist
        await presence.register()
        work.start()
        if run is not None:
            orchestrator.start_monitoring(run)
        try:
            yield work
        finally:
            self.store.backend.be_patient(False)  # whoever stops it does not wait for ever
            try:
                await work.stop()
            finally:
                await self.registry.close()

    def _scheduler(self) -> "Scheduler":
        from quaero.jobs.scheduler import Scheduler  # noqa: PLC0415 - slow, and not needed for a single run

        return Scheduler(self.store, self.control)

    async def close(self) -> None:
        self.hub.close()
        await self.store.close()
        if self.tracing is not None:
            await asyncio.to_thread(self.tracing.close)


class Part(Protocol):
    """Something that runs in the background."""

    @property
    def loops(self) -> Sequence[Loop]: ...

    def start(self) -> None: ...

    async def stop(self) -> None: ...


class Work:
    """The background parts while they run; they are stopped in their order."""

    def __init__(
        self, processor: JobProcessor, orchestrator: StoreOrchestrator, parts: Sequence[Part]
    ) -> None:
        self.processor, self.orchestrator, self._parts = processor, orchestrator, parts

    def start(self) -> None:
        for part in self._parts:
            part.start()

    async def stop(self) -> None:
        """Stop every part, whatever becomes of another; then raise the first error of any."""
        errors = [error for part in self._parts if (error := await _error_of(part.stop)) is not None]
        errors += [failed for loop in self.loops if (failed := loop.error) is not None]
        if errors:
            raise errors[0]

    async def failure(self) -> None:
        """Returns never, unless a background part fails (a full disk, a damaged file): then raises its error."""
        tasks = [loop.task for loop in self.loops if loop.task is not None]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    @property
    def loops(self) -> list[Loop]:
        return [loop for part in self._parts for loop in part.loops]


async def _error_of(stop: Callable[[], Awaitable[None]]) -> BaseException | None:
    try:
        await stop()
    except Exception as error:  # noqa: BLE001 - raised when everything else has stopped
        return error
    return None
