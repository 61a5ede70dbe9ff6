"""A reader who does what the README and the tutorial show gets what they show."""

import asyncio
import sys
from pathlib import Path
from urllib.parse import urlsplit

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


async def test_the_kind_of_work_of_the_how_to_passes_its_own_test(tmp_path: Path) -> None:
    folder = Folder(tmp_path, 0)
    for block in blocks(DOCS / "how-to" / "add-a-kind-of-work.md"):
        folder.write(block)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-W", "error", "-p", "no:asyncio", "test_lines.py"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    assert b"1 passed" in printed, printed.decode()


def test_an_output_that_differs_in_more_than_times_is_noticed() -> None:
    assert matches("run 1 completed after 0.4 s\n", "step crawl started\nrun 1 completed after 12 s\n")
    assert not matches("run 1 completed after 0.4 s\n", "run 1 failed after 0.4 s\n")
    assert matches("first\n[...]\nlast\n", "first\nsecond\nthird\nlast\n")
    assert not matches("first\n[...]\nlast\n", "first\nsecond\n")
