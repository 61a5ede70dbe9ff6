"""A crawl of the demo site, by the command line, against what the files of the site say."""

import asyncio
import json
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from quaero.demo.server import MAX_DEPTH, demo_site, expected_pages

PROGRAM = Path(sysconfig.get_path("scripts")) / "quaero"


async def quaero(*arguments: str) -> Mapping[str, Any]:
    process = await asyncio.create_subprocess_exec(
        PROGRAM, *arguments, "--json", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    printed, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    result: Mapping[str, Any] = json.loads(printed)
    return result


@pytest.mark.parametrize("depth", range(MAX_DEPTH + 1))
async def test_a_crawl_stores_exactly_the_expected_pages(depth: int, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/demo.db"
    limits = ["--max-depth", str(depth), "--max-pages", "1000"]
    async with demo_site() as site:
        await quaero("crawl", site.url, *limits, "--database", database)
        listed = await quaero("documents", "list", "--limit", "1000", "--database", database)
    stored = ["/" + document["canonical_url"].removeprefix(site.url) for document in listed["items"]]
    assert sorted(stored) == sorted(expected_pages(depth))
    assert not [target for target in site.requests if target.startswith("/private/")]
