"""What the store and its processes do, as metrics for Prometheus."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric

from quaero.store.figures import Figures, RecentEnd
from quaero.store.reads import Process
from quaero.store.store import Store
from quaero.web.feed.feed import Feed

CACHED_SECONDS: Final = 1.0
"""However often it is asked, the store is not asked more often."""
QUANTILES: Final = (0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was found at one moment; `now`: milliseconds since 1970, `at`: by the clock that never jumps."""

    figures: Figures
    processes: tuple[Process, ...]
    watched: bool
    streams: int
    lag_seconds: float
    now: int
    at: float


class StoreCollector:
    """Gives the metrics of the last snapshot."""

    def __init__(self, store: Store, feed: Feed) -> None:
        self._store, self._feed = store, feed
        self._asking = asyncio.Lock()
        self._last: Snapshot | None = None

    async def refresh(self) -> None:
        """Ask the store, unless it was asked just now."""
        async with self._asking:
            if self._last is None or time.monotonic() - self._last.at >= CACHED_SECONDS:
                store = self._store
                self._last = Snapshot(
                    await store.figures(),
                    await store.processes(),
                    await store.is_watched(),
                    self._feed.streams,
                    self._feed.lag_seconds,
                    store.backend.clock.now_ms(),
                    time.monotonic(),
                )

    def collect(self) -> Iterator[Metric]:
        if self._last is not None:
            yield from _metrics(self._last)


def _metrics(found: Snapshot) -> Iterator[Metric]:
    open_jobs = GaugeMetricFamily("quaero_jobs_open", "Jobs that have not ended.", labels=("type", "state"))
    oldest = GaugeMetricFamily(
        "quaero_queue_oldest_seconds",
        "How long the oldest job that could be claimed has waited.",
        labels=("type",),
    )
    for each in found.figures.queued:
        for state in ("pending", "running", "waiting", "paused"):
            open_jobs.add_metric((each.type, state), getattr(each, state))
        if each.oldest_at is not None:
            oldest.add_metric((each.type,), max(0, found.now - each.oldest_at) / 1_000)
    ended = GaugeMetricFamily(
        "quaero_jobs_ended", "Child jobs in the store that have ended.", labels=("action", "state")
    )
    for action in found.figures.ended:
        for state in ("completed", "failed", "cancelled"):
            ended.add_metric((action.action, state), getattr(action, state))
    workers = GaugeMetricFamily("quaero_workers", "Processes that execute jobs.", labels=("role",))
    room = GaugeMetricFamily(
        "quaero_worker_room", "Jobs that they execute at once at the most.", labels=("role",)
    )
    for role in sorted({process.role for process in found.processes}):
        those = [process for process in found.processes if process.role == role]
        workers.add_metric((role,), len(those))
        room.add_metric((role,), sum(process.concurrency for process in those))
    yield from (open_jobs, oldest, ended, workers, room, *_recent(found.figures.recent))
    watched = "Whether a process watches over the runs."
    yield GaugeMetricFamily("quaero_watched", watched, value=float(found.watched))
    yield GaugeMetricFamily("quaero_event_streams", "Readers of events at this server.", value=found.streams)
    lag = "How old the newest events were when they were last read for these readers."
    yield GaugeMetricFamily("quaero_event_lag_seconds", lag, value=found.lag_seconds)


def _recent(ends: tuple[RecentEnd, ...]) -> Iterator[Metric]:
    """How the newest jobs fared."""
    timings: tuple[tuple[str, str, Callable[[RecentEnd], int]], ...] = (
        (
            "quaero_recent_wait_seconds",
            "How long the newest jobs waited to be claimed.",
            lambda end: end.wait,
        ),
        ("quaero_recent_run_seconds", "How long the newest jobs ran.", lambda end: end.run),
    )
    by_type: dict[str, list[RecentEnd]] = {}
    for end in ends:
        by_type.setdefault(end.type, []).append(end)
    for name, text, value in timings:
        family = GaugeMetricFamily(name, text, labels=("type", "quantile"))
        for type_, those in sorted(by_type.items()):
            values = sorted(map(value, those))
            for quantile in QUANTILES:
                family.add_metric((type_, str(quantile)), values[int(quantile * (len(values) - 1))] / 1_000)
        yield family
    retried = GaugeMetricFamily(
        "quaero_recent_retried", "The share of the newest jobs that took more than one try.", labels=("type",)
    )
    for type_, those in sorted(by_type.items()):
        retried.add_metric((type_,), sum(end.attempt > 1 for end in those) / len(those))
    yield retried
