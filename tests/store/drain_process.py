"""A process that launches runs in a shared database and works until they have ended: `drain_process.py URL RUNS`."""

import asyncio
import sys

from quaero.testing import open_test_engine
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step

PAGES = [{"name": f"page {n}", "key": f"page {n}", "document": f"text {n}"} for n in range(12)]
STARTS = [{"name": f"start {n}", "key": f"start {n}", "spawn": PAGES, "fails": n % 2} for n in range(4)]
DEFINITION = script_definition(
    script_step("crawl", children=STARTS, max_documents=8, concurrency=5),
    script_step("after", count=10),
    overlap=True,
)


async def main(database: str, runs: int) -> None:
    async with (
        open_test_engine(database, [ScriptManager()], [ScriptWorker()]) as engine,
        engine.working() as work,
    ):
        failure = asyncio.create_task(work.failure())
        for run_id in [await engine.control.launch(DEFINITION) for _ in range(runs)]:
            async for _ in engine.hub.follow(run_id):
                if failure.done():
                    failure.result()
        failure.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
