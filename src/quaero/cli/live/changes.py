"""Waiting until something happens in the store, in this process or in another."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

from quaero.cli.live.screen import Screen
from quaero.store.store import Store

NET_SECONDS = 1.0
"""So often there is a look although nothing was heard: texts that count down change by themselves."""
SHORTEST_SECONDS = 0.1

Look = Callable[[], Awaitable[tuple[list[str], bool]]]
"""The lines to show, and whether they are the last."""


class Changes:
    """What happened since the last look."""

    def __init__(self) -> None:
        self._heard = asyncio.Event()
        self._looked_at = time.monotonic()

    def hear(self, _: object) -> None:
        self._heard.set()

    async def wait(self, seconds: float = NET_SECONDS) -> None:
        """Until something happened, at most so long; many changes in a row count as one."""
        await asyncio.sleep(max(0.0, SHORTEST_SECONDS - (time.monotonic() - self._looked_at)))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._heard.wait()
        self._heard.clear()
        self._looked_at = time.monotonic()


@contextmanager
def changes_of(store: Store) -> Iterator[Changes]:
    """Listen while the block runs."""
    changes = Changes()
    forget = store.on_change(changes.hear)
    try:
        yield changes
    finally:
        forget()


async def keep_shown(store: Store, look: Look) -> None:
    """Draw the lines anew whenever something changed, until they are the last."""
    with changes_of(store) as changes, Screen() as screen:
        while True:
            lines, last = await look()
            screen.show(lines)
            if last:
                return
            await changes.wait()
