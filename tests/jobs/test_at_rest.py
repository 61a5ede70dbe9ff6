"""What is left when all is done: nothing."""

import asyncio
import threading
from pathlib import Path

import pytest

from quaero.demo.server import demo_site
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import JobState
from quaero.models.toml_writer import ConfigValue
from quaero.testing import open_test_engine, run_to_end
from tests.places import Place, new_place

PROC = Path("/proc/self")

pytestmark = pytest.mark.skipif(
    not PROC.exists(), reason="reads the lists of handles and processes from /proc"
)


def handles() -> int:
    return len(list((PROC / "fd").iterdir()))


def child_processes() -> list[str]:
    return [text for file in (PROC / "task").glob("*/children") if (text := file.read_text())]


async def crawl_the_demo_site(place: Place) -> None:
    async with demo_site() as site, open_test_engine(place.url) as engine:
        config: dict[str, ConfigValue] = {
            "start_urls": [site.url],
            "allow_private": [site.url.removeprefix("http://").strip("/")],
            "max_depth": 1,
        }
        step = JobStep("crawl", "crawl", config)
        summary = await run_to_end(engine, JobDefinition(id="demo", name="Demo", steps=(step,)))
        assert summary.job.state is JobState.COMPLETED
        assert summary.documents.created > 1


def test_nothing_is_left_when_all_is_done(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    first = new_place(place.name, tmp_path_factory.mktemp("first"))
    asyncio.run(crawl_the_demo_site(first))  # what is made once for the process is made here
    first.remove()
    before = handles(), child_processes(), threading.active_count()
    asyncio.run(crawl_the_demo_site(place))

    assert (handles(), child_processes(), threading.active_count()) == before
    assert place.leftovers() == set()
    for rows in ("jobs WHERE lease_owner IS NOT NULL", "frontier", "progress WHERE dirty = 1"):
        assert place.rows(f"SELECT count(*) FROM {rows}") == [(0,)]  # noqa: S608 - our own texts
