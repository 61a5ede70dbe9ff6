"""A process that takes the orchestrator's duty on the database whose URL is its argument, says so, and does nothing."""

import asyncio
import sys

from quaero.store.transitions.duties import ORCHESTRATOR
from quaero.testing import open_test_engine

FOR_EVER_MS = 10**12


async def main() -> None:
    async with open_test_engine(sys.argv[1], (), ()) as engine:
        print(await engine.store.take_duty(ORCHESTRATOR, FOR_EVER_MS), flush=True)  # noqa: T201 - awaited by the parent
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
