# mypy: ignore-errors
"""Jobs that do nothing with procrastinate, so many at a time in a process as it does best.

Runs in the environment of procrastinate, where the project's own packages are missing.

Usage: procrastinate_jobs.py enqueue|pickups URL COUNT, procrastinate_jobs.py work URL
"""

import asyncio
import json
import logging
import sys
import time
import warnings

from procrastinate import App, PsycopgConnector
from support.gate import wait_for_end, wait_for_start

CONCURRENCY = 20
CHUNK = 1_000
logging.disable(logging.CRITICAL)
began = asyncio.Event()
warnings.simplefilter("ignore")  # that it is made in the main module
app = App(connector=PsycopgConnector(conninfo=sys.argv[2], min_size=4, max_size=10))


@app.task(name="nothing", queue="noop")
async def nothing(number):  # noqa: ARG001 - a job has arguments
    began.at = time.perf_counter()
    began.set()


async def enqueue(count):
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        start = time.perf_counter()
        for first in range(0, count, CHUNK):
            numbers = range(first, min(first + CHUNK, count))
            await nothing.batch_defer_async(*({"number": number} for number in numbers))
        print(count / (time.perf_counter() - start))


async def work():
    async with app.open_async():
        await asyncio.to_thread(wait_for_start)
        worker = asyncio.create_task(_run())
        await wait_for_end()
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)


async def pickups(count):
    """Milliseconds from before a job is stored in an idle queue until it begins, in one process."""
    waits = []
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        worker = asyncio.create_task(_run())
        await asyncio.sleep(0.5)  # until it listens
        for number in range(count + 1):
            await asyncio.sleep(0.02)  # until the last one is recorded, and the next one finds it idle
            began.clear()
            start = time.perf_counter()
            await nothing.defer_async(number=number)
            await began.wait()
            waits.append((began.at - start) * 1000)
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    print(json.dumps(waits[1:]))


def _run():
    return app.run_worker_async(
        queues=["noop"], concurrency=CONCURRENCY, install_signal_handlers=False, shutdown_graceful_timeout=5
    )


asyncio.run(globals()[sys.argv[1]](*map(int, sys.argv[3:])))
