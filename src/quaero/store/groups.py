"""Requests of many callers, answered in groups by one thread."""

import asyncio
import contextlib
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

GROUP_LIMIT = 64


class Request(NamedTuple):
    """A function to be run in a transaction, and where its caller waits."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    done: "asyncio.Future[Any]"


class Result(NamedTuple):
    """What became of a request: `error`, or else `value`."""

    done: "asyncio.Future[Any]"
    value: Any
    error: BaseException | None


class Groups:
    """The queue between the event loop, where callers wait, and the thread that answers them."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._requests: SimpleQueue[Request | None] = SimpleQueue()

    async def ask(self, function: Callable[..., T], *arguments: Any) -> T:
        """The value of the request, once it is answered."""
        done: asyncio.Future[T] = self._loop.create_future()
        self._requests.put(Request(function, arguments, done))
        return await done

    def end(self) -> None:
        """There will be no more requests."""
        self._requests.put(None)

    def next(self, seconds: float | None = None) -> tuple[list[Request], bool]:
        """What waits by now, in order, and whether that was the end; waits so long for the first one."""
        group: list[Request] = []
        try:
            request = self._requests.get(timeout=seconds)
        except Empty:
            return group, False
        while request is not None:
            group.append(request)
            if len(group) == GROUP_LIMIT or self._requests.empty():
                return group, False
            request = self._requests.get()
        return group, True

    def call_soon(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Call it in the event loop, if that is still there."""
        with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits any more
            self._loop.call_soon_threadsafe(function, *arguments)

    def refuse_all(self, group: list[Request], failure: BaseException) -> None:
        """Answer with the failure until the end."""
        last = False
        while not last:
            self.call_soon(deliver, [Result(request.done, None, failure) for request in group])
            group, last = self.next()


def deliver(results: list[Result]) -> None:
    """Tell the callers, in the event loop."""
    for done, value, error in results:
        if done.done():
            continue  # its caller was cancelled meanwhile; the commit stands
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(value)
