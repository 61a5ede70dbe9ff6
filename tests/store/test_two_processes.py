"""Several processes on one database at once: every count is exact."""

import asyncio
import sys
from pathlib import Path

from quaero.models.job import JobKind, JobState
from quaero.models.progress import Progress
from quaero.store.reads import JobFilter
from tests.places import Place

PROCESSES, RUNS = 3, 3
SECONDS = 60


async def drain(place: Place) -> tuple[int | None, str]:
    """Exit code and complaints of a process that launches runs and works."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.store.drain_process",
        place.url,
        str(RUNS),
        stderr=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    async with asyncio.timeout(SECONDS):
        _, complaints = await process.communicate()
    return process.returncode, complaints.decode()


async def test_processes_that_start_and_work_at_once_on_a_new_file_lose_and_repeat_nothing(
    place: Place,
) -> None:
    ended = await asyncio.gather(*(drain(place) for _ in range(PROCESSES)))

    assert ended == [(0, "")] * PROCESSES
    store = place.store()
    runs = await store.jobs(JobFilter(kind=JobKind.RUN))
    assert [run.state for run in runs.items] == [JobState.COMPLETED] * PROCESSES * RUNS
    for run in runs.items:
        crawl, after = (await store.jobs(JobFilter(parent_id=run.id), oldest_first=True)).items
        crawled = await store.progress(crawl.id)
        assert crawled.counts.completed == crawled.counts.total == 12
        assert crawled.documents.total == crawled.slots == 8
        assert (await store.progress(after.id)).counts == Progress(total=10, completed=10)
    assert await store.check() == ()
    assert await store.rescue(10) == 0
    await store.close()
