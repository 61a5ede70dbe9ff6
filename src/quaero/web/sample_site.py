"""The bundled sample site, served to the crawler from here once somebody wants it."""

import asyncio
from contextlib import AsyncExitStack

from quaero.demo.server import demo_site


class SampleSite:
    """Only on the loopback address, only the files of the package; from the first wish until the server stops.

    It stays when its run has ended: a run that is retried finds its pages where they were. `turn`: to be held by
    whoever starts a run of it.
    """

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self._url = ""
        self._task: asyncio.Task[None] | None = None

    async def url(self, closing: asyncio.Event) -> str:
        """Its start page, which answers until `closing` is set. The caller holds the `turn`."""
        if not self._url:
            stack = AsyncExitStack()
            self._url = (await stack.enter_async_context(demo_site())).url
            self._task = asyncio.create_task(_close_after(closing, stack))
        return self._url


async def _close_after(closing: asyncio.Event, stack: AsyncExitStack) -> None:
    async with stack:
        await closing.wait()
