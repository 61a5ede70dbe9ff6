"""For authors of managers and workers: run a definition to its end on a real store, and set the clock."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from quaero.backends import open_backend
from quaero.jobs.engine import Engine
from quaero.jobs.manager import JobManager
from quaero.jobs.registry import Registry, installed
from quaero.jobs.summary import RunSummary
from quaero.jobs.tracing import Tracing
from quaero.jobs.worker import JobWorker
from quaero.models.definition import JobDefinition
from quaero.settings import PlacesSettings, QueueSettings
from quaero.settings.urls import SqliteUrl
from quaero.settings.written import database_url
from quaero.store.clock import Clock
from quaero.store.store import Store
from quaero.store.transaction import BeforeStatement

__all__ = ["SettableClock", "finish", "open_test_engine", "run_to_end"]


class SettableClock:
    """A clock that only moves when told to."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self._now_ms, self._ticks_ms = now_ms, 1_000_000

    def now_ms(self) -> int:
        return self._now_ms

    def ticks_ms(self) -> int:
        return self._ticks_ms

    def wall_ms(self) -> int:
        return self._now_ms

    def advance(self, milliseconds: int) -> None:
        """Let time pass."""
        self._now_ms += milliseconds
        self._ticks_ms += milliseconds

    def set_wrong(self, milliseconds: int) -> None:
        """Change what time it is thought to be, while none passes."""
        self._now_ms += milliseconds


@asynccontextmanager
async def open_test_engine(
    database: Path | str,
    managers: Iterable[JobManager] | None = None,
    workers: Iterable[JobWorker] | None = None,
    *,
    queue: QueueSettings | None = None,
    clock: Clock | None = None,
    before_statement: BeforeStatement | None = None,
    places: PlacesSettings | None = None,
    tracing: Tracing | None = None,
) -> AsyncIterator[Engine]:
    """An engine over a database, with these kinds of work or, by default, all installed ones.

    `database`: the file of an SQLite database, or the URL of any (`sqlite:///…`, `postgresql://…`).
    """
    url = database_url(database, Path.cwd()) if isinstance(database, str) else SqliteUrl(database)
    store = Store(open_backend(url, clock=clock, before_statement=before_statement))
    registry = installed() if managers is None or workers is None else Registry(managers, workers)
    engine = Engine(
        store, registry, queue or QueueSettings(), places=places or PlacesSettings(), tracing=tracing
    )
    try:
        yield engine
    finally:
        await engine.close()


async def run_to_end(engine: Engine, definition: JobDefinition) -> RunSummary:
    """Start a run, execute it in this process, and return its summary when it has ended."""
    run_id = await engine.control.launch(definition)
    return await finish(engine, run_id)


async def finish(engine: Engine, run_id: int) -> RunSummary:
    """Execute what is left of a run in this process; its summary when it has ended."""
    async with engine.working(run_id) as work:
        end = asyncio.create_task(_end_of(engine, run_id))
        failure = asyncio.create_task(work.failure())
        done, pending = await asyncio.wait({end, failure}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for task in done:
            task.result()
    return await engine.control.summary(run_id)


async def _end_of(engine: Engine, run_id: int) -> None:
    async for _ in engine.hub.follow(run_id):
        pass
