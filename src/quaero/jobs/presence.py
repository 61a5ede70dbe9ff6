"""Presence: a process that executes jobs is listed among those that do, while it lives."""

from collections.abc import Sequence

from quaero.jobs.loop import Loop
from quaero.settings import QueueSettings
from quaero.store.store import Store


class Presence:
    """`role` is what the list shows; `types`, `root_id`: what the process executes (None: jobs of all runs)."""

    def __init__(
        self, store: Store, role: str, types: Sequence[str], root_id: int | None, queue: QueueSettings
    ) -> None:
        self._store, self._role, self._types, self._root_id = store, role, types, root_id
        self._concurrency = queue.concurrency
        self._loop = Loop("presence", self._sign, interval=queue.heartbeat_ms / 1000)

    @property
    def loops(self) -> tuple[Loop, ...]:
        return (self._loop,)

    def start(self) -> None:
        self._loop.start()

    async def register(self) -> None:
        """Be listed, or give a sign of life."""
        await self._store.register(self._role, self._types, self._concurrency, self._root_id)

    async def stop(self) -> None:
        """Leave the list, and give up all duties; a process that dies is taken off it by others."""
        await self._loop.stop()
        await self._store.sign_off()

    async def _sign(self) -> float | None:
        await self.register()
        return None
