"""A stream of server-sent events, as an answer that never ends by itself."""

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing, suppress
from typing import Any, Final, TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from quaero.models.errors import QuaeroError
from quaero.web.feed.piece import Piece

T = TypeVar("T")
STALL_SECONDS: Final = 30.0
"""A reader that takes nothing for so long is gone."""
SENT_AT_ONCE: Final = 32_768
BEGIN: Final = b"retry: 1000\n\n"
HEARTBEAT: Final = b": still here\n\n"


class EventStream(Response):
    """Pieces as they come, None as a sign of life. It ends when the reader goes or stalls, or `closing` is set."""

    media_type = "text/event-stream"

    def __init__(self, pieces: AsyncGenerator[Piece | None, None], closing: asyncio.Event) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._pieces, self._closing = pieces, closing
        self._sending_since: float | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        pump = asyncio.create_task(self._pump(send))
        await _first_of(
            pump, asyncio.create_task(_gone(receive)), asyncio.create_task(self._closing_or_stuck())
        )
        if self._sending_since is None:  # otherwise it does not take this either
            with suppress(asyncio.CancelledError, QuaeroError):
                pump.result()
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pump(self, send: Send) -> None:
        await self._send(send, BEGIN)
        async with aclosing(self._pieces) as pieces:
            async for piece in pieces:
                message = HEARTBEAT if piece is None else piece.frames
                for place in range(0, len(message), SENT_AT_ONCE):
                    await self._send(send, message[place : place + SENT_AT_ONCE])

    async def _send(self, send: Send, body: bytes) -> None:
        self._sending_since = time.monotonic()
        await send({"type": "http.response.body", "body": body, "more_body": True})
        self._sending_since = None

    async def _closing_or_stuck(self) -> None:
        """Returns when the server closes or the reader has taken nothing for too long. One timer, not one a message."""
        while self._sending_since is None or time.monotonic() - self._sending_since < STALL_SECONDS:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), STALL_SECONDS / 2)
                return


async def _gone(receive: Receive) -> None:
    """Returns when the reader has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def unless(closing: asyncio.Event, coming: Coroutine[Any, Any, T]) -> T | None:
    """What comes; None if `closing` is set first."""
    task = asyncio.create_task(coming)
    await _first_of(task, asyncio.create_task(closing.wait()))
    return None if task.cancelled() else task.result()


async def _first_of(*tasks: "asyncio.Task[Any]") -> None:
    """Let them run until one of them ends, then end the others."""
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
