"""The tail: the newest events of all runs, read once for all readers of this process, and kept for a while."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from quaero.jobs.orchestrator.event_hub import EventHub
from quaero.models.feed_position import FeedPosition
from quaero.store.feed import News
from quaero.store.store import Store
from quaero.web.feed.piece import Entry, Piece, entries_of

SPACING_SECONDS: Final = 0.06
"""How far apart two batches are at least: what comes meanwhile goes out together."""
BYTES_KEPT: Final = 4_000_000
BATCHES_KEPT: Final = 2_000
AT_ONCE: Final = 16
"""Batches that a reader takes at once."""
HEARTBEAT_SECONDS: Final = 15.0
"""After so long without a word to anybody, all readers are woken to say that they are there."""
WOKEN_AT_ONCE: Final = 50
"""Readers that go on before others in this process get a turn."""


@dataclass(frozen=True)
class Batch:
    """What was new at one moment. `gone`: runs that were deleted; `lost`: events that nobody has seen are."""

    entries: tuple[Entry, ...]
    start: FeedPosition
    end: FeedPosition
    gone: frozenset[int]
    lost: bool
    _pieces: dict[str, Piece] = field(default_factory=dict)

    def piece(self, at: FeedPosition | None) -> Piece:
        """What is in it for a reader of the runs in `at`, who is there; None: of all runs."""
        start = self.start if at is None else at
        key = "" if at is None else at.text
        found = self._pieces.get(key)
        if found is None:
            found = self._pieces[key] = self._piece_of(start)
        return found

    @property
    def size(self) -> int:
        return sum(len(entry.json) for entry in self.entries)

    def _piece_of(self, start: FeedPosition) -> Piece:
        if start.mark is not None:
            return Piece(self.entries, start, self.end, self.lost or bool(self.gone))
        chosen = tuple(entry for entry in self.entries if entry.run_id in start.named)
        numbers = {run_id: self.end.named.get(run_id, number) for run_id, number in start.named.items()}
        numbers |= {entry.run_id: entry.number for entry in chosen}
        return Piece(
            chosen, start, FeedPosition(None, numbers), self.lost or not self.gone.isdisjoint(start.named)
        )


class Tail:
    """Reads while somebody listens, and only then. `parents_only`: events about runs and parent jobs."""

    def __init__(self, store: Store, hub: EventHub, *, parents_only: bool) -> None:
        self._store, self._hub, self.parents_only = store, hub, parents_only
        self._listeners: dict[object, asyncio.Event] = {}
        self._batches: deque[Batch] = deque()
        self._first = 0
        self._size = 0
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._position = FeedPosition(0, {})
        self.lag_seconds = 0.0  # from the newest event of the last batch to its reading
        self.beats = 0

    @property
    def position(self) -> FeedPosition | None:
        """Where the tail is; None: nobody listens."""
        reading = self._task is not None and not self._task.done() and self._ready.is_set()
        return self._position if reading else None

    async def join(self, listener: object) -> asyncio.Event:
        """Listen from now on; what comes back is set when there is a new batch or `beats` has grown; to be cleared."""
        woken = self._listeners[listener] = asyncio.Event()
        try:
            if self._task is None:
                self._ready = asyncio.Event()
                self._task = asyncio.create_task(self._run(self._ready), name="events")
            await self._ready.wait()
            self._check()
        except BaseException:
            self.leave(listener)
            raise
        return woken

    def leave(self, listener: object) -> None:
        self._listeners.pop(listener, None)
        if not self._listeners and self._task is not None:
            self._task.cancel()
            self._task = None
            self._first += len(self._batches)
            self._batches.clear()
            self._size = 0

    def here(self) -> tuple[int, FeedPosition]:
        """The number of the next batch, and the position before it."""
        return self._first + len(self._batches), self._position

    def batches(self, number: int) -> Sequence[Batch] | None:
        """Some batches from this number on; None: they are no longer kept."""
        self._check()
        if number < self._first:
            return None
        return list(islice(self._batches, number - self._first, number - self._first + AT_ONCE))

    def _check(self) -> None:
        """Raise what ended the reading."""
        if self._task is not None and self._task.done():
            self._task.result()

    async def _run(self, ready: asyncio.Event) -> None:
        try:
            with self._hub.listening() as changes:
                self._position = await self._store.feed_position()
                ready.set()
                last_word = time.monotonic()
                while True:
                    changes.clear()
                    news = await self._store.news(self._position, parents_only=self.parents_only)
                    began = time.monotonic()
                    if self._add(news):
                        last_word = await self._wake()
                    elif began - last_word >= HEARTBEAT_SECONDS:
                        self.beats += 1
                        last_word = await self._wake()
                    took = (
                        time.monotonic() - began
                    )  # with many readers: others in this process need their turns
                    await asyncio.sleep(max(SPACING_SECONDS, took) if news.complete else 0)
                    if news.complete:
                        await changes.next()
        finally:
            ready.set()
            for woken in self._listeners.values():
                woken.set()  # they find the error

    def _add(self, news: News) -> bool:
        """Keep what is new; whether there is anything."""
        start, self._position = self._position, news.position
        if not news.events and not news.gone and not news.lost:
            return False
        if news.events:
            newest = max(event.at for event in news.events)
            self.lag_seconds = max(0, self._store.backend.clock.now_ms() - newest) / 1_000
        batch = Batch(entries_of(news.events), start, news.position, news.gone, news.lost)
        self._batches.append(batch)
        self._size += batch.size
        while len(self._batches) > BATCHES_KEPT or (self._size > BYTES_KEPT and len(self._batches) > 1):
            self._size -= self._batches.popleft().size
            self._first += 1
        return True

    async def _wake(self) -> float:
        """Wake all readers, some at a time; when that was."""
        for number, woken in enumerate(list(self._listeners.values())):
            woken.set()
            if number % WOKEN_AT_ONCE == WOKEN_AT_ONCE - 1:
                await asyncio.sleep(0)
        return time.monotonic()
