"""The event hub: everyone reads the same numbered events from the store; commits only wake the readers."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager

from quaero.models.event import JobCancelled, JobCompleted, JobFailed, Recorded
from quaero.store.store import Store
from quaero.store.transaction import Change

END_TYPES = frozenset({JobCompleted.type, JobFailed.type, JobCancelled.type})
PAGE = 1_000
NET_SECONDS = 1.0
"""How long a reader sleeps at most."""


class Changes(asyncio.Event):
    """Set when there may be new events."""

    async def next(self) -> None:
        """Wait until it is set, or for as long as a reader sleeps at most."""
        try:
            async with asyncio.timeout(NET_SECONDS):
                await self.wait()
        except TimeoutError:
            pass


class EventHub:
    """Feeds of events by run; a reader that is slow or gone costs the writers nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._readers: set[Changes] = set()
        self._forget = store.on_change(self._changed)

    def close(self) -> None:
        self._forget()

    async def follow(self, run_id: int, after: int = 0) -> AsyncIterator[Recorded]:
        """The run's events with numbers above `after`, each once and in order, until its last one."""
        with self.listening() as changes:
            while True:
                changes.clear()
                page = await self._store.events(run_id, after=after, limit=PAGE)
                for event in page:
                    after = event.number
                    yield event
                if len(page) < PAGE:
                    if await self._at_the_end(run_id, after, page):
                        return
                    await changes.next()

    @contextmanager
    def listening(self) -> Iterator[Changes]:
        """What tells of new events, during the block."""
        changes = Changes()
        self._readers.add(changes)
        try:
            yield changes
        finally:
            self._readers.discard(changes)

    async def _at_the_end(self, run_id: int, after: int, page: Sequence[Recorded]) -> bool:
        """Whether the run has ended and there is nothing above `after`. A run that was reopened goes on."""
        if page and page[-1].type not in END_TYPES:
            return False
        run = await self._store.job(run_id)
        return run.state.final and (await self._store.run(run_id)).last_event <= after

    def _changed(self, change: Change) -> None:
        if change & (Change.EVENTS | Change.FOREIGN):
            for changes in self._readers:
                changes.set()
