"""A process that builds the search index anew and kills itself: `URL STATEMENT TIME` says before which statement."""

import asyncio
import os
import signal
import sys

from quaero.models.definition import JobDefinition, JobStep
from quaero.testing import open_test_engine, run_to_end

AGAIN = JobDefinition("again", "Again", (JobStep("reindex", "reindex", {"batch_size": 10}),))


async def main(url: str, statement: str, time: int) -> None:
    left = time

    def before_statement(name: str) -> None:
        nonlocal left
        left -= name == statement
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    async with open_test_engine(url, before_statement=before_statement) as engine:
        await run_to_end(engine, AGAIN)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
