# mypy: ignore-errors
"""Jobs that do nothing with oban-py, 100 at a time in a process, on its own event loop.

Runs in the environment of oban-py, where the project's own packages are missing.

Usage: oban_jobs.py enqueue|pickups URL COUNT, oban_jobs.py work URL
"""

import asyncio
import json
import sys
import time

import uvloop
from oban import Oban, worker
from oban.schema import install
from psycopg_pool import AsyncConnectionPool
from support.gate import wait_for_end, wait_for_start

LIMIT = 100
CHUNK = 1_000
began = asyncio.Event()


@worker(queue="noop")
class Nothing:
    async def process(self, job):
        began.at = time.perf_counter()
        began.set()


async def enqueue(url, count):
    async with _pool(url) as pool:
        await install(pool)
        oban = Oban(pool=pool)
        start = time.perf_counter()
        for first in range(0, count, CHUNK):
            numbers = range(first, min(first + CHUNK, count))
            await oban.enqueue_many([Nothing.new({"number": number}) for number in numbers])
        print(count / (time.perf_counter() - start))


async def work(url):
    async with _pool(url) as pool:
        oban = Oban(pool=pool, queues={"noop": LIMIT})
        await asyncio.to_thread(wait_for_start)
        async with oban:
            await wait_for_end()


async def pickups(url, count):
    """Milliseconds from before a job is stored in an idle queue until it begins, in one process."""
    waits = []
    async with _pool(url) as pool:
        await install(pool)
        async with Oban(pool=pool, queues={"noop": LIMIT}) as oban:
            for _ in range(count + 1):
                await asyncio.sleep(0.02)  # until the last one is recorded, and the next one finds it idle
                began.clear()
                start = time.perf_counter()
                await oban.enqueue(Nothing.new())
                await began.wait()
                waits.append((began.at - start) * 1000)
    print(json.dumps(waits[1:]))


def _pool(url):
    return AsyncConnectionPool(url, min_size=4, max_size=10, open=False)


uvloop.run(globals()[sys.argv[1]](sys.argv[2], *map(int, sys.argv[3:])))
