"""A reader who does what the README and the tutorial show gets what they show."""

import asyncio
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from quaero.demo.server import demo_site
from tests.docs.console import Folder, matches
from tests.docs.markdown import DOCS, ROOT, blocks
from tests.docs.serving import folder_served


async def test_the_readme_shows_what_happens(tmp_path: Path) -> None:
    async with demo_site() as site:
        folder = Folder(tmp_path, urlsplit(site.url).port or 80)
        (tmp_path / "quaero.toml").write_text('database = "sqlite:///readme.db"\n')
        await folder.follow(ROOT / "README.md")


async def test_the_tutorial_shows_what_happens(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    async with folder_served(tmp_path / "site") as port:
        await Folder(tmp_path, port).follow(DOCS / "tutorial.md")


@pytest.mark.parametrize(
    ("page", "test"),
    [
        ("add-a-kind-of-work.md", "test_lines.py"),
        ("write-a-manager.md", "test_titles.py"),
        ("write-a-worker.md", "test_length.py"),
    ],
)
async def test_the_code_of_a_how_to_passes_its_own_test(tmp_path: Path, page: str, test: str) -> None:
    folder = Folder(tmp_path, 0)
    for block in blocks(DOCS / "how-to" / page):
        folder.write(block)
    printed = await printed_by_pytest(tmp_path, test)
    assert "1 passed" in printed, printed


async def test_the_agent_of_the_how_to_passes_its_own_tests(tmp_path: Path) -> None:
    folder = Folder(tmp_path, 0)
    for page in ("add-a-kind-of-work.md", "write-an-agent.md"):
        for block in blocks(DOCS / "how-to" / page):
            folder.write(block)
    printed = await printed_by_pytest(tmp_path, "test_readability.py")
    assert "2 passed" in printed, printed


async def printed_by_pytest(folder: Path, file: str) -> str:
    """What a run of the tests in that file prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-W", "error", "-p", "no:asyncio", file),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return printed.decode()


def test_an_output_that_differs_in_more_than_times_is_noticed() -> None:
    assert matches("run 1 completed after 0.4 s\n", "step crawl started\nrun 1 completed after 12 s\n")
    assert not matches("run 1 completed after 0.4 s\n", "run 1 failed after 0.4 s\n")
    assert matches("first\n[...]\nlast\n", "first\nsecond\nthird\nlast\n")
    assert not matches("first\n[...]\nlast\n", "first\nsecond\n")
