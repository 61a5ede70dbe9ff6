"""A disk that is full or read-only: one line says so, nothing is lost, and the run goes on when it is not."""

import asyncio
import ctypes
import random
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from quaero.demo.server import demo_site, expected_pages
from tests.crash import flat_run
from tests.crash.command import UNUSABLE, quaero, reindexed
from tests.crash.judgement import Record, faults, reading, trials
from tests.crash.kills import Template
from tests.places import SqlitePlace

pytestmark = pytest.mark.only("sqlite", reason="file")

ROOM = (3, 20, 40, 80, None)
"""How many more pages the file may get, process by process."""

CRAWL = """\
id = "demo-site"
name = "Demo site"
[[steps]]
name = "crawl"
action = "crawl"
[steps.config]
start_urls = ["{url}"]
max_depth = 3
allow_private = ["{host}"]
"""


def pages_of(path: Path) -> int:
    with reading(path) as connection:
        return int(connection.pragma("page_count"))


def test_a_run_that_fills_the_disk_again_and_again_ends_exactly_once_there_is_room(
    template: Template, tmp_path: Path
) -> None:
    path = tmp_path / "full.db"
    run_id = asyncio.run(flat_run.launched(path))
    full = f"error: {path}: the disk is full. Free some space and run again; nothing was lost\n"
    ends = []
    for number, room in enumerate(ROOM):
        pages = None if room is None else pages_of(path) + room
        process = flat_run.start(template, path, run_id, number=number, pages=pages)
        ends.append((process.wait(), process.complaints))

    assert ends[0] == (UNUSABLE, full)
    assert set(ends) == {(UNUSABLE, full), (0, "")}
    assert ends[-1] == (0, "")
    assert asyncio.run(faults(SqlitePlace(path), run_id, flat_run.EXPECTED)) == []


def files_up_to(size: int) -> Callable[[], None]:
    """No file of the process can grow beyond so many bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


async def test_a_crawl_that_can_write_no_more_says_so_and_is_resumed_to_the_exact_end(tmp_path: Path) -> None:
    dice = random.Random(7)
    record = Record("files that cannot grow")
    for trial in range(trials(1)):
        folder = tmp_path / str(trial)
        folder.mkdir()
        definition = tmp_path / f"{trial}.toml"
        found = []
        async with demo_site() as site:
            definition.write_text(CRAWL.format(url=site.url, host=site.url.split("/")[2]))
            ends = []
            for size in sorted(dice.randrange(50_000, 900_000) for _ in range(3)):
                answer = await quaero(folder, "run", str(definition), before=files_up_to(size))
                ends.append(f"{answer.code} with {size:,} bytes")
                if not answer.is_refusal and answer.code != 0:
                    found.append(f"{answer}")
            last = await quaero(folder, "run", str(definition))
            expected = sorted(site.url.rstrip("/") + path for path in expected_pages())
        found += [] if last.code == 0 else [f"{last}"]
        found += [] if documents_in(folder / "test.db") == expected else ["not the documents of the site"]
        checked = await quaero(folder, "db", "check")
        found += [] if checked.code == 0 else [f"{checked}"]
        record.trial(f"trial {trial}", ends, found)
    record.close()


def documents_in(path: Path) -> list[str]:
    with reading(path) as connection:
        return sorted(str(url) for (url,) in connection.execute("SELECT url FROM documents"))


PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER = 1, 2, 3


def without_privileges() -> None:
    """Nothing is forbidden to root: give that up, for this process and what it executes."""
    libc = ctypes.CDLL(None)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


@pytest.mark.parametrize("what", ["file", "folder"])
async def test_a_database_that_cannot_be_written_is_refused_in_one_line(
    template: Template, tmp_path: Path, what: str
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    path = folder / "test.db"
    run_id = await flat_run.launched(path)
    assert await asyncio.to_thread(flat_run.start(template, path, run_id).wait) == 0
    for file in folder.iterdir():
        if file != path:
            file.unlink()
    before = path.read_bytes()
    locked, mode = (path, 0o444) if what == "file" else (folder, 0o555)

    locked.chmod(mode)
    try:
        answer = await reindexed(folder, before=without_privileges)
    finally:
        locked.chmod(0o755)

    assert answer.is_refusal, answer
    assert f"{path}: cannot be" in answer.err
    assert path.read_bytes() == before
