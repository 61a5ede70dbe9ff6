"""What `quaero worker` and `quaero serve` do: work on all runs until they are stopped."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from quaero.cli.stopping import first_of, stop_signal
from quaero.cli.worker_processes import READY, STOPPING, WorkerProcesses
from quaero.jobs.engine import Engine
from quaero.models.duration import format_duration
from quaero.models.errors import UsageError
from quaero.views.nearest import nearest

IDLE_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Duty:
    """What one process does. `types`: the only job types and actions that it takes; None: all that are installed.

    `schedules`: it starts planned runs. `until_idle`: it ends when no run is open. `supervised`: it is one of the
    processes that another one keeps alive, and ends with that. `grace_ms`: see `QueueSettings`.
    """

    role: str
    grace_ms: int
    types: tuple[str, ...] | None = None
    concurrency: int | None = None
    schedules: bool = False
    until_idle: bool = False
    supervised: bool = False


async def work(
    engine: Engine,
    duty: Duty,
    tell: Callable[[str], None],
    more: WorkerProcesses | None = None,
    beside: Awaitable[None] | None = None,
) -> int:
    """Do the duty, with `more` processes, until a signal or nothing is left; the exit code.

    `beside`: fails when something else that belongs to it does.
    """
    check_types(engine, duty.types)
    with stop_signal(more.kill if more is not None else _nothing) as stop:
        async with engine.working(
            role=duty.role,
            types=duty.types,
            concurrency=duty.concurrency,
            schedules=duty.schedules,
            drain_seconds=duty.grace_ms / 1000,
        ) as doing:
            types = ", ".join(doing.processor.types) or "none"
            tell(READY if duty.supervised else f"{duty.role} started: pid {os.getpid()}, types: {types}")
            reasons: list[Awaitable[object]] = [stop.wait(), doing.failure()]
            if beside is not None:
                reasons.append(beside)
            if duty.until_idle:
                reasons.append(_idle(engine))
            if duty.supervised:
                reasons.append(_input_ended())
            async with _kept_alive(more) as lost:
                await first_of(*reasons, lost)
                if more is not None:
                    more.begin_stop()
                if stop.is_set() and (more is not None or not doing.processor.idle):
                    tell(STOPPING if duty.supervised else stopping_text(duty))
        if not duty.supervised:
            tell(f"{duty.role} stopped")
        return stop.exit_code


async def supervise(processes: WorkerProcesses, tell: Callable[[str], None], duty: Duty) -> int:
    """Keep worker processes alive until a signal or until nothing is left; the exit code."""
    with stop_signal(processes.kill) as stop:
        running = asyncio.create_task(processes.run())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if stop.is_set():
            processes.begin_stop()
            tell(stopping_text(duty))
            await processes.stop()
        await running
        return stop.exit_code


def check_types(engine: Engine, types: Sequence[str] | None) -> None:
    """`UsageError` for a type that no installed manager or worker has."""
    known = {*engine.registry.managers, *engine.registry.workers}
    for type_ in types or ():
        if type_ not in known:
            raise UsageError(
                f'no installed manager or worker has the type "{type_}"', remedy=nearest(type_, known)
            )


def stopping_text(duty: Duty) -> str:
    grace = format_duration(duty.grace_ms)
    return f"stopping: what runs may take {grace} to finish; Ctrl-C once more ends it at once"


@asynccontextmanager
async def _kept_alive(processes: WorkerProcesses | None) -> AsyncIterator[Awaitable[None]]:
    """Keep the processes alive during the block; it gets what fails when they cannot be."""
    if processes is None:
        yield asyncio.get_running_loop().create_future()
        return
    running = asyncio.create_task(processes.run())
    try:
        yield asyncio.shield(running)
    finally:
        await processes.stop()
        await running


async def _idle(engine: Engine) -> None:
    """Until no run is open, but for those that are paused."""
    from quaero.cli.live.changes import changes_of

    with changes_of(engine.store) as changes:
        while await engine.store.any_open_run():
            await asyncio.sleep(IDLE_LOOK_SECONDS)
            await changes.wait()


async def _input_ended() -> None:
    """Until nobody holds the other end of standard input."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    try:
        await reader.read()
    finally:
        transport.close()


def _nothing() -> None:
    """There is nothing to tidy up before the end."""
