"""Waiting for what nobody announces."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE = 60
"""Only ends a test that is broken."""

LOOK_AGAIN = 0.01


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Until it holds: there is no event for it, so it is looked at again and again."""
    async with asyncio.timeout(PATIENCE):
        while not await holds():  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(LOOK_AGAIN)
