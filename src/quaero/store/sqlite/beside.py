"""Long work on a database file in a thread of its own, which ends when nobody waits for it any more."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import apsw

T = TypeVar("T")

TELL_AGAIN_SECONDS = 0.05
"""A statement that has not begun yet does not notice that it is to stop; so it is told again."""


class Stop:
    """How work in a thread is told to stop."""

    def __init__(self) -> None:
        self._told = threading.Event()
        self._connections: list[apsw.Connection] = []

    @contextmanager
    def watching(self, connection: apsw.Connection) -> Iterator[apsw.Connection]:
        """Its statements break off with an `apsw.InterruptError`; closed at the end of the block."""
        self._connections.append(connection)
        try:
            with contextlib.closing(connection):
                yield connection
        finally:
            self._connections.remove(connection)

    def look(self, *_: int) -> None:
        """`InterruptedError` once it is to stop. A `Progress`, too."""
        if self._told.is_set():
            raise InterruptedError

    def tell(self) -> None:
        """From the thread that waits."""
        self._told.set()
        for connection in tuple(self._connections):
            with contextlib.suppress(apsw.ConnectionClosedError):
                connection.interrupt()


async def beside(act: Callable[[Stop], T]) -> T:
    """The result of the work; it is told to stop when the caller is cancelled, and has ended then."""
    stop = Stop()
    working = asyncio.ensure_future(asyncio.to_thread(act, stop))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        while not working.done():
            stop.tell()
            await asyncio.wait({working}, timeout=TELL_AGAIN_SECONDS)
        working.exception()  # it was told to stop
        raise
