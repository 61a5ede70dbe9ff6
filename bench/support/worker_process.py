"""A process that executes no-ops of a database until it is told to stop: `python worker_process.py DATABASE TYPES`.

Each job's note is the moment at which it began, by the clock that all processes of a machine share.
"""

import asyncio
import signal
import sys
import time
from pathlib import Path

from support.noop import NoopManager, NoopWorker

from quaero.jobs.worker import JobContext
from quaero.models.job import Job
from quaero.models.outcome import Outcome
from quaero.testing import open_test_engine


class TimedWorker(NoopWorker):
    async def execute(self, job: Job, context: JobContext) -> Outcome:
        return Outcome(note=repr(time.perf_counter()))


async def main() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    place, types = sys.argv[1], sys.argv[2].split(",")
    database = place if "://" in place else Path(place)
    async with (
        open_test_engine(database, [NoopManager()], [TimedWorker()]) as engine,
        engine.working(role="worker", types=types),
    ):
        print("ready", flush=True)
        await stop.wait()


asyncio.run(main())
