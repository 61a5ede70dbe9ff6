"""Follows the log of a job: lines as they are stored, until the job has ended."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from quaero.jobs.engine import Engine
from quaero.models.job import Job
from quaero.models.outcome import LogLevel
from quaero.store.reads import StoredLine

PAGE = 1_000
CALM_SECONDS = 0.2
"""Between two looks at the log, however much happens; without any event nobody looks."""


async def follow_log(
    engine: Engine,
    job: Job,
    *,
    levels: Sequence[LogLevel] | None,
    contains: str,
    after: int,
    tail: int | None,
) -> AsyncIterator[StoredLine]:
    """The lines after the one with the id `after`, or the last `tail`, and then what comes until the job has ended."""
    store = engine.store
    happened = asyncio.Event()
    seen = (await store.run(job.root_id)).last_event
    listener = asyncio.create_task(_listen(engine, job.root_id, seen, happened))
    try:
        if tail is not None:
            for line in await store.log(job.id, levels=levels, contains=contains, limit=tail, newest=True):
                after = line.id
                yield line
        while True:
            happened.clear()
            ended = listener.done() or (await store.job(job.id)).state.final
            while page := await store.log(job.id, levels=levels, contains=contains, after=after, limit=PAGE):
                for line in page:
                    after = line.id
                    yield line
            if ended:
                return
            await asyncio.wait({listener}, timeout=CALM_SECONDS)
            await happened.wait()
    finally:
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)


async def _listen(engine: Engine, run_id: int, after: int, happened: asyncio.Event) -> None:
    try:
        async for _ in engine.hub.follow(run_id, after):
            happened.set()
    finally:
        happened.set()
