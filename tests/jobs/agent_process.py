"""A process that works on the open run of the database whose URL is its argument, with the agents of the tests."""

import asyncio
import sys

from quaero.jobs.manager.agent_manager import AgentManager
from quaero.jobs.worker.agent_worker import AgentWorker
from quaero.testing import finish, open_test_engine
from tests.jobs.reading_agents import Watcher


async def main() -> None:
    async with open_test_engine(sys.argv[1], [AgentManager([Watcher()])], [AgentWorker()]) as engine:
        await finish(engine, int(sys.argv[2]))


if __name__ == "__main__":
    asyncio.run(main())
