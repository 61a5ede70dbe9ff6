"""Ctrl-C: once stops cleanly, twice at once."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)
EXIT_CODE = 130


@contextmanager
def stop_signal(before_exit: Callable[[], None]) -> Iterator[asyncio.Event]:
    """An event that Ctrl-C or SIGTERM sets. The next one ends the process, after `before_exit`."""
    stop = asyncio.Event()

    def received() -> None:
        if stop.is_set():
            before_exit()
            os._exit(EXIT_CODE)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, received)
    try:
        yield stop
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
