"""Two loads for a fleet of workers: as much as it can do, or a stream that it could do many times over."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from support.noop import noop_definition, open_noop_bench

RUNS_A_SECOND: Final = 2


@dataclass(slots=True)
class Load:
    """`children`: how many there are in all. `start` begins a stream, `over` ends it: then all of it is stored."""

    children: int
    start: Callable[[], None]
    over: Callable[[], None]


@contextmanager
def saturating(url: str, children: int) -> Iterator[Load]:
    """One run that is planned and waits for workers."""
    asyncio.run(_plan(url, children))
    yield Load(children, _nothing, _nothing)


@contextmanager
def paced(url: str, children_a_second: int) -> Iterator[Load]:
    """Small runs that are launched at a steady pace; a launch that is held up by a fault is made up for."""
    ended = threading.Event()
    load = Load(0, _nothing, _nothing)
    failure: list[BaseException] = []

    def launch() -> None:
        try:
            load.children = asyncio.run(_launch_until(url, children_a_second, ended))
        except BaseException as error:  # noqa: BLE001 - raised in the other thread
            failure.append(error)

    thread = threading.Thread(target=launch)

    def over() -> None:
        ended.set()
        if thread.ident is not None:
            thread.join()
        if failure:
            raise failure[0]

    load.start, load.over = thread.start, over
    try:
        yield load
    finally:
        over()


async def _plan(url: str, children: int) -> None:
    async with open_noop_bench(url) as bench:
        await bench.launch(children)
        await bench.plan(children)


async def _launch_until(url: str, children_a_second: int, ended: threading.Event) -> int:
    definition = replace(noop_definition(children_a_second // RUNS_A_SECOND), overlap=True)
    launched, loop = 0, asyncio.get_running_loop()
    async with open_noop_bench(url) as bench:
        bench.engine.store.backend.be_patient()
        began = loop.time()
        while not ended.is_set():
            await bench.engine.control.launch(definition)
            launched += 1
            await asyncio.sleep(max(0.0, began + launched / RUNS_A_SECOND - loop.time()))
    return launched * (children_a_second // RUNS_A_SECOND)


def _nothing() -> None:
    """There is nothing to begin or to end."""
