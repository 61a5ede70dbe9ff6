"""For processes that take part in a contest: they say that they are ready, wait to be let go, and stop when told.

Needs nothing but Python, because the processes of peers have environments of their own.
"""

import asyncio
import sys
import threading


def wait_for_start() -> None:
    """Say that everything is prepared; returns when the contest begins."""
    print("ready", flush=True)
    sys.stdin.readline()


def say_done() -> None:
    """Say that there is nothing left to do."""
    print("done", flush=True)


async def wait_for_end() -> None:
    """Until the contest is over: its side of the pipe is closed then."""
    over, loop = asyncio.Event(), asyncio.get_running_loop()

    def listen() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=listen, daemon=True).start()
    await over.wait()
