"""Upkeep: what is older than its retention goes by itself where a process works for days."""

from collections.abc import Callable

from quaero.jobs.loop import Loop
from quaero.settings import RetentionSettings
from quaero.store.store import Store

EVERY_SECONDS = 3_600.0
SOON_SECONDS = 1.0
"""How soon a process looks again whether it has the duty."""


class Upkeep:
    """Prunes once an hour, in the process of which `on_duty` is true. Short transactions, beside running work."""

    def __init__(self, store: Store, retention: RetentionSettings, on_duty: Callable[[], bool]) -> None:
        self._store, self._retention, self._on_duty = store, retention, on_duty
        self._loop = Loop("upkeep", self._prune, interval=EVERY_SECONDS)

    @property
    def loops(self) -> tuple[Loop, ...]:
        return (self._loop,)

    def start(self) -> None:
        self._loop.start()

    async def stop(self) -> None:
        """At once: each batch is a transaction of its own, and the next start goes on."""
        if self._loop.task is not None:
            self._loop.task.cancel()
        await self._loop.stop()

    async def _prune(self) -> float | None:
        from quaero.store.pruning import prune  # noqa: PLC0415 - seldom needed

        if not self._on_duty():
            return SOON_SECONDS
        await prune(self._store, self._retention)
        return None
