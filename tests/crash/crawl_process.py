"""A process for the kill tests: crawls a site, or goes on with the crawl that it finds in the database.

crawl_process.py DATABASE SITE, both of them URLs
"""

import asyncio
import sys

from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import JobKind
from quaero.models.toml_writer import ConfigValue
from quaero.settings import QueueSettings
from quaero.store.reads import JobFilter
from quaero.testing import finish, open_test_engine


async def main(database: str, url: str) -> None:
    config: dict[str, ConfigValue] = {
        "start_urls": [url],
        "max_pages": 1000,
        "max_depth": 100,
        "concurrency": 4,
        "rate_limit": "30ms",
        "allow_private": [url.removeprefix("http://").strip("/")],
    }
    definition = JobDefinition(id="site", name="Site", steps=(JobStep("crawl", "crawl", config),))
    async with open_test_engine(database, queue=QueueSettings(max_lost_leases=1000)) as engine:
        print("open", flush=True)  # noqa: T201 - the signal for the test
        runs = (await engine.store.jobs(JobFilter(kind=JobKind.RUN))).items
        run_id = runs[0].id if runs else await engine.store.launch(definition)
        await finish(engine, run_id)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
