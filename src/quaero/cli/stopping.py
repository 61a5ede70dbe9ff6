"""Ctrl-C: once stops cleanly, twice at once."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)
EXIT_CODE = 130


class Stop(asyncio.Event):
    """Set by the first signal; `number` is that signal."""

    number: signal.Signals | None = None

    @property
    def exit_code(self) -> int:
        """Of a process that works until it is stopped: SIGTERM is the way to end it, Ctrl-C an interruption."""
        return EXIT_CODE if self.number is signal.SIGINT else 0


@contextmanager
def stop_signal(before_exit: Callable[[], None]) -> Iterator[Stop]:
    """An event that Ctrl-C or SIGTERM sets. The next one ends the process, after `before_exit`."""
    stop = Stop()

    def received(number: signal.Signals) -> None:
        if stop.number is not None:
            before_exit()
            os._exit(EXIT_CODE)
        stop.number = number
        stop.set()

    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, received, number)
    try:
        yield stop
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


async def first_of(*awaitables: Awaitable[object]) -> None:
    """Wait for the first to end, stop the others, and raise its error if it failed."""
    tasks = [asyncio.ensure_future(each) for each in awaitables]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
