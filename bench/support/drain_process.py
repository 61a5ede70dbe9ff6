"""A process that executes no-ops of a database, as part of a contest: `python drain_process.py URL`."""

import asyncio
import sys

from support.gate import wait_for_end, wait_for_start
from support.noop import CHILD_TYPE, NoopManager, NoopWorker

from quaero.testing import open_test_engine


async def main() -> None:
    async with open_test_engine(sys.argv[1], [NoopManager()], [NoopWorker()]) as engine:
        await asyncio.to_thread(wait_for_start)
        async with engine.working(role="worker", types=[CHILD_TYPE]):
            await wait_for_end()


asyncio.run(main())
