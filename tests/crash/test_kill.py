"""`kill -9` of a crawling process at random moments, then another process on the same database."""

import asyncio
import os
import random
import sys
from collections import Counter
from pathlib import Path

from quaero.demo.server import demo_site, expected_pages
from quaero.models.job import JobKind, JobState
from quaero.store.reads import DocumentFilter, JobFilter
from quaero.testing import open_test_engine
from tests.places import Place

KILLS = int(os.environ.get("QUAERO_TEST_KILLS", "8"))
SEED = int(os.environ.get("QUAERO_TEST_SEED", "20"))
PROCESS = Path(__file__).with_name("crawl_process.py")


async def crawl(database: str, url: str, kill_after: float | None) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROCESS), database, url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"open\n"
    if kill_after is not None:
        await asyncio.wait([asyncio.ensure_future(process.wait())], timeout=kill_after)
        if process.returncode is None:
            process.kill()
    return await process.wait()


async def test_a_crawl_that_is_killed_again_and_again_ends_as_if_nothing_had_happened(place: Place) -> None:
    dice = random.Random(SEED)
    async with demo_site() as site:
        codes = [await crawl(place.url, site.url, dice.uniform(0.0, 0.25)) for _ in range(KILLS)]
        assert codes.count(-9) >= KILLS // 2
        assert await crawl(place.url, site.url, None) == 0
        expected = {site.url.rstrip("/") + path for path in expected_pages()}

    async with open_test_engine(place.url) as engine:
        assert await engine.store.check() == ()
        documents = (await engine.store.documents(DocumentFilter(), limit=1000)).items
        assert Counter(document.url for document in documents) == Counter(expected)
        [run] = (await engine.store.jobs(JobFilter(kind=JobKind.RUN))).items
        assert run.state is JobState.COMPLETED
        events = await engine.store.events(run.id, limit=100_000)
        ends = [
            event
            for event in events
            if event.type == "job_status_change" and event.data["after"] == "completed"
        ]
        assert max(Counter(event.job_id for event in ends).values()) == 1
