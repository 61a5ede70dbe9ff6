"""A damaged file: it is refused or the damage is listed, never called sound, and nothing else is written."""

import asyncio
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from tests.crash import flat_run
from tests.crash.command import quaero, reindexed
from tests.crash.judgement import Record, faults, reading, trials
from tests.crash.kills import KILLED, Template
from tests.places import SqlitePlace

pytestmark = pytest.mark.only("sqlite", reason="file")

PAGE_SIZE = 4_096


def log_of(path: Path) -> Path:
    """SQLite's write-ahead log of the file."""
    return path.with_name(path.name + "-wal")


def overwrite(path: Path, dice: random.Random, start: int, length: int) -> str:
    """Other bytes at that place; what was done."""
    with path.open("r+b") as file:
        file.seek(start)
        file.write(dice.randbytes(length))
    return f"{length} bytes at {start:,} of {path.name} overwritten"


def cut(path: Path, length: int) -> str:
    os.truncate(path, length)
    return f"{path.name} cut to {length:,} bytes"


async def killed_in_the_middle(template: Template, path: Path) -> int:
    """A file with an open run that a killed process left behind, log and all; the run's id."""
    run_id = await flat_run.launched(path)
    process = flat_run.start(template, path, run_id, dies_at=200)
    assert await asyncio.to_thread(process.wait) == KILLED
    assert log_of(path).stat().st_size > 20 * PAGE_SIZE
    return run_id


async def finished(template: Template, path: Path) -> None:
    """A sound file with a run that has ended; nobody has it open, and there is no log."""
    process = flat_run.start(template, path, await flat_run.launched(path))
    assert await asyncio.to_thread(process.wait) == 0
    assert not log_of(path).exists()


async def test_a_damaged_or_cut_log_costs_the_commits_behind_the_damage_and_the_run_ends_exactly(
    template: Template, tmp_path: Path
) -> None:
    left_behind = tmp_path / "left behind" / "test.db"
    left_behind.parent.mkdir()
    run_id = await killed_in_the_middle(template, left_behind)
    record = Record("damaged log")
    for seed in range(trials(4)):
        dice = random.Random(seed)
        path = tmp_path / str(seed) / "test.db"
        shutil.copytree(left_behind.parent, path.parent)
        log = log_of(path)
        place = dice.randrange(log.stat().st_size)
        done = overwrite(log, dice, place, dice.choice([1, 100, 50_000])) if seed % 2 else cut(log, place)
        process = flat_run.start(template, path, run_id)
        code = await asyncio.to_thread(process.wait)
        found = [] if code == 0 else [f"{code}: {process.complaints}"]
        record.trial(
            f"seed {seed}", [done], found or await faults(SqlitePlace(path), run_id, flat_run.EXPECTED)
        )
        shutil.rmtree(path.parent)
    record.close()


def overwrite_header(path: Path) -> None:
    overwrite(path, random.Random(1), 0, 100)


def overwrite_schema(path: Path) -> None:
    overwrite(path, random.Random(2), 100, PAGE_SIZE - 100)


def cut_in_half(path: Path) -> None:
    cut(path, path.stat().st_size // 2)


def cut_to_its_first_page(path: Path) -> None:
    cut(path, PAGE_SIZE)


@pytest.mark.parametrize("damage", [overwrite_header, overwrite_schema, cut_in_half, cut_to_its_first_page])
async def test_a_file_that_is_damaged_from_the_start_is_refused_and_left_alone(
    template: Template, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "test.db"
    await finished(template, path)
    damage(path)
    before = path.read_bytes()

    answers = [
        await quaero(tmp_path, "db", "check"),
        await quaero(tmp_path, "documents", "list"),
        await reindexed(tmp_path),
    ]

    assert [answer for answer in answers if not answer.is_refusal] == []
    assert path.read_bytes() == before


async def test_a_file_that_can_be_opened_but_is_damaged_is_explained_by_the_check(
    template: Template, tmp_path: Path
) -> None:
    path = tmp_path / "test.db"
    await finished(template, path)
    start = path.stat().st_size // 2 // PAGE_SIZE * PAGE_SIZE
    overwrite(path, random.Random(3), start, path.stat().st_size - start)
    before = path.read_bytes()

    checked = await quaero(tmp_path, "db", "check")

    assert (checked.code, checked.err) == (1, "")
    assert "file: " in checked.out
    assert path.read_bytes() == before


def sound(path: Path) -> bool:
    """Whether SQLite itself finds nothing wrong with the pages of a file."""
    try:
        with reading(path) as connection:
            return [text for (text,) in connection.execute("PRAGMA integrity_check")] == ["ok"]
    except apsw.Error:
        return False


async def test_no_damage_that_sqlite_itself_finds_is_called_sound_or_ends_in_a_trace(
    template: Template, tmp_path: Path
) -> None:
    whole = tmp_path / "whole.db"
    await finished(template, whole)
    record = Record("random damage")
    for seed in range(trials(3)):
        dice = random.Random(seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        path = folder / "test.db"
        shutil.copy(whole, path)
        pages = path.stat().st_size // PAGE_SIZE
        done = [
            overwrite(path, dice, dice.randrange(1, pages) * PAGE_SIZE, dice.choice([1, 16, 1_000]))
            for _ in range(dice.choice([1, 3, 30]))
        ]
        well = sound(path)
        record.count("that SQLite finds", int(not well))
        record.trial(f"seed {seed}", done[:3], await wrong_answers(folder, well=well))
        shutil.rmtree(folder)
    record.close()


async def wrong_answers(folder: Path, *, well: bool) -> list[str]:
    found = []
    for command in (["db", "check"], ["documents", "list"], ["jobs", "list"], ["search", "long"]):
        answer = await quaero(folder, *command)
        if len(answer.err.splitlines()) > 1:
            found.append(f"{command}: {answer.err}")
        if command == ["db", "check"] and answer.code == 0 and not well:
            found.append(f"said to be sound: {answer.out}")
    return found
