"""The feed: streams of events for any number of readers, each from where it is."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Final

from quaero.jobs.orchestrator.event_hub import EventHub
from quaero.models.errors import QuaeroError
from quaero.models.feed_position import FeedPosition, parse_position
from quaero.store.store import Store
from quaero.web.feed.piece import Piece, entries_of
from quaero.web.feed.tail import Tail

MOST_STREAMS: Final = 2_000
LAG_SECONDS: Final = 0.2
"""A reader who is ahead of the tail looks again after so long at the latest."""
PAGE: Final = 1_000
"""Events that are read at once for a reader who is behind."""


class TooManyStreamsError(QuaeroError):
    """So many follow the events of this server that one more would slow down all others."""

    code = "too_many_streams"


class Feed:
    """The events of a store. While nobody follows them, nothing is read."""

    def __init__(self, store: Store, hub: EventHub) -> None:
        self._store = store
        self._tails = {
            parents_only: Tail(store, hub, parents_only=parents_only) for parents_only in (False, True)
        }
        self.streams = 0

    async def position(self) -> FeedPosition:
        """Where a reader is who knows everything that is in the store now."""
        return self._tails[True].position or await self._store.feed_position()

    @property
    def lag_seconds(self) -> float:
        """How old the newest events were when they were last read for readers; 0 before there were any."""
        return max(tail.lag_seconds for tail in self._tails.values())

    def make_room(self) -> None:
        """Refuse a reader too many."""
        if self.streams >= MOST_STREAMS:
            raise TooManyStreamsError(
                f"{MOST_STREAMS:,} streams of events are open", remedy="Close some, or start another server"
            )

    async def follow(
        self,
        runs: frozenset[int],
        after: str | None,
        *,
        parents_only: bool,
        patience: float | None = None,
    ) -> AsyncGenerator[Piece | None, None]:
        """What happens to these runs, or to all if there are none, after a position; None: from now on.

        The first piece tells at once where the reader is, if the position was None or cannot be returned to (`reset`).
        None comes when nothing has come for `patience` seconds, or just as a sign of life.
        """
        self.streams += 1
        tail, listener = self._tails[parents_only], object()
        try:
            woken = await tail.join(listener)
            at = None if after is None else _usable(parse_position(after), runs)
            if at is None:
                at = await self._now(runs, tail.here()[1])
                yield Piece((), at, at, reset=after is not None)
            place = _Place(at)
            while True:
                async for piece in self._catch_up(place, tail):
                    yield piece
                if not place.caught_up:
                    await _set_within(woken, LAG_SECONDS)
                    continue
                while (pieces := _next_pieces(place, tail)) is not None:
                    for piece in pieces:
                        yield piece
                    if place.next_batch < tail.here()[0]:
                        continue
                    beats = tail.beats
                    if not await _set_within(woken, patience) or tail.beats > beats:
                        yield None
        finally:
            self.streams -= 1
            tail.leave(listener)

    async def _now(self, runs: frozenset[int], end: FeedPosition) -> FeedPosition:
        """Where somebody is who begins at `end`."""
        if not runs:
            return end
        return await self._store.position_in(sorted(runs), end)

    async def _catch_up(self, place: "_Place", tail: Tail) -> AsyncIterator[Piece]:
        """What is between a reader who is not among the others, or no more, and the tail."""
        place.next_batch, end = tail.here()
        complete = place.caught_up = False
        while not complete:
            news = await self._store.news(place.at, end, parents_only=tail.parents_only, limit=PAGE)
            if news.ahead:
                return
            piece = Piece(
                entries_of(news.events), place.at, news.position, reset=news.lost or bool(news.gone)
            )
            place.at, complete = news.position, news.complete
            if piece.entries or piece.reset:
                yield piece
        place.caught_up = True


@dataclass
class _Place:
    """Where a reader is. `caught_up`: he goes on from batch to batch with the others.

    He is not if he is ahead of the tail, because another server was quicker.
    """

    at: FeedPosition
    next_batch: int = 0
    caught_up: bool = False


def _next_pieces(place: _Place, tail: Tail) -> list[Piece] | None:
    """What the next batches hold for a reader, who is behind them then; None: they are gone."""
    batches = tail.batches(place.next_batch)
    if batches is None:
        return None
    pieces = []
    for batch in batches:
        piece = batch.piece(place.at if place.at.mark is None else None)
        place.at = piece.end
        if piece.entries or piece.reset:
            pieces.append(piece)
    place.next_batch += len(batches)
    return pieces


async def _set_within(event: asyncio.Event, seconds: float | None) -> bool:
    """Whether the event was set within so long (None: waits for it); it is cleared again."""
    try:
        await (event.wait() if seconds is None else asyncio.wait_for(event.wait(), seconds))
    except TimeoutError:
        return False
    event.clear()
    return True


def _usable(position: FeedPosition | None, runs: frozenset[int]) -> FeedPosition | None:
    """The position, if it is one in these runs (none: in all)."""
    if position is None or (position.mark is None) != bool(runs):
        return None
    if not runs:
        return position
    if not runs <= position.named.keys():
        return None
    return FeedPosition(None, {run_id: position.named[run_id] for run_id in sorted(runs)})
