"""A search in a process that is killed: nothing is asked twice but the page it was at, nothing is stored twice."""

import asyncio
import os
from pathlib import Path

from quaero.store.reads import DocumentFilter
from quaero.testing import open_test_engine
from tests.cli.calling import COMMAND
from tests.places_search.fake_services import Asked, Reply, fake_service
from tests.places_search.kit import KEY
from tests.places_search.test_search import pages_of_google

SECONDS = 60
"""Nothing here takes that long; a test that waits longer has failed."""

DEFINITION = """
id = "coffee"
name = "Coffee"
[[steps]]
name = "search"
action = "places_search"
[steps.config]
provider = "google"
search_query = "coffee"
max_results = 45
"""


async def test_a_search_that_is_killed_goes_on_at_the_page_that_it_had_reached(tmp_path: Path) -> None:
    (tmp_path / "coffee.toml").write_text(DEFINITION, encoding="utf-8")
    database = tmp_path / "test.db"
    reached = asyncio.Event()

    def stuck_once(asked: Asked) -> Reply:
        if asked.json.get("pageToken") == "page-1" and not reached.is_set():
            reached.set()
            return Reply(stuck=True)
        return pages_of_google(asked)

    async with fake_service() as google:
        google.answering = stuck_once
        environment = {
            **os.environ,
            "HOME": str(tmp_path),
            "QUAERO_DATABASE": f"sqlite:///{database}",
            "QUAERO_PLACES_GOOGLE_URL": google.url,
            "QUAERO_GOOGLE_PLACES_KEY": KEY,
        }
        first = await _quaero(tmp_path, environment, "run", "coffee.toml")
        await asyncio.wait_for(reached.wait(), SECONDS)
        first.kill()
        await first.wait()
        second = await _quaero(tmp_path, environment, "jobs", "resume", "1")
        assert await asyncio.wait_for(second.wait(), SECONDS) == 0

    assert [asked.json.get("pageToken") for asked in google.asked] == [None, "page-1", "page-1", "page-2"]
    async with open_test_engine(database) as engine:
        assert (await engine.store.documents(DocumentFilter(source_type="place"))).total == 45
        assert await engine.store.check() == ()


async def _quaero(folder: Path, environment: dict[str, str], *arguments: str) -> asyncio.subprocess.Process:
    quiet = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, cwd=folder, env=environment, stdout=quiet, stderr=quiet
    )
