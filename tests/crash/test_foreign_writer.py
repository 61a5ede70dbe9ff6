"""Many processes on one file, and a program that is not ours in their way."""

import asyncio
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from quaero.testing import open_test_engine
from tests.crash.judgement import Expected, Record, faults, reading, trials
from tests.crash.kills import SECONDS, Process, Template
from tests.crash.worker_process import Orders
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import SqlitePlace

pytestmark = pytest.mark.only("sqlite", reason="file")

PROCESSES = 8
LONGEST_MS = (100, 800)
"""How long the other program keeps the lock: the second in every other trial of a long run."""
PATIENCE_MS = 200


def crawl(name: str) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The first children of a step that finds twelve pages in all, and how all its children end."""
    pages: list[dict[str, Any]] = [
        {"name": f"{name} {n}", "key": f"{n}", "document": "text", "fails": n % 2, "lasts": 20}
        for n in range(10)
    ]
    starts: list[dict[str, Any]] = [
        {"name": f"{name} start {n}", "spawn": pages[n * 2 : n * 2 + 8], "document": "text"} for n in range(2)
    ]
    return starts, {str(child["name"]): "completed" for child in [*starts, *pages]}


LIMITED, LIMITED_ENDS = crawl("limited")
WHOLE, WHOLE_ENDS = crawl("whole")
TREE = script_definition(
    script_step("limited", children=LIMITED, max_documents=7), script_step("whole", children=WHOLE)
)
EXPECTED = Expected({"limited": LIMITED_ENDS, "whole": WHOLE_ENDS}, {"limited": 7})


async def launched(path: Path) -> int:
    async with open_test_engine(path, [ScriptManager()], [ScriptWorker()]) as engine:
        return await engine.control.launch(TREE)


@contextmanager
def foreign_writer(path: Path, seed: int, longest_ms: int) -> Iterator["subprocess.Popen[str]"]:
    """The other program, once it has the lock; ended after the block."""
    script = Path(__file__).with_name("lock_process.py")
    command = [sys.executable, str(script), str(path), str(seed), str(longest_ms)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert select.select([process.stdout], [], [], SECONDS)[0]
            assert process.stdout.readline() == "locked\n"
            yield process
        finally:
            process.kill()


def start(
    template: Template,
    path: Path,
    run_id: int,
    number: int,
    patience_ms: int | None = None,
    *,
    alone: bool = False,
) -> Process:
    trace = f"{path}-{number}.trace"
    orders = Orders(
        url=SqlitePlace(path).url, trace=trace, run_id=run_id, busy_timeout_ms=patience_ms, alone=alone
    )
    return template.start(orders)


def longest_silence(path: Path) -> int:
    """Milliseconds between two events of the file, at the most."""
    with reading(path) as connection:
        sql = "SELECT max(gap) FROM (SELECT at - lag(at) OVER (ORDER BY number) AS gap FROM events)"
        return int(connection.execute(sql).get)


def test_eight_processes_and_a_program_that_locks_the_file_again_and_again_end_the_run_exactly(
    template: Template, tmp_path: Path
) -> None:
    record = Record("foreign writer")
    for seed in range(trials(1)):
        path = tmp_path / f"{seed}.db"
        run_id = asyncio.run(launched(path))
        longest_ms = LONGEST_MS[seed % 2]
        with foreign_writer(path, seed, longest_ms):
            processes = [start(template, path, run_id, number) for number in range(PROCESSES)]
            found = [
                f"{code}: {process.complaints}" for process in processes if (code := process.wait()) != 0
            ]
        happened = f"locked for up to {longest_ms} ms at a time, longest silence {longest_silence(path)} ms"
        record.trial(
            f"seed {seed}", [happened], found + asyncio.run(faults(SqlitePlace(path), run_id, EXPECTED))
        )
    record.close()


def test_a_file_that_stays_locked_is_an_error_for_who_works_on_one_run_and_it_goes_on_afterwards(
    template: Template, tmp_path: Path
) -> None:
    path = tmp_path / "locked.db"
    run_id = asyncio.run(launched(path))
    with foreign_writer(path, 0, 0):
        process = start(template, path, run_id, 0, PATIENCE_MS, alone=True)
        assert process.wait() == 4
    assert process.complaints == (
        f"error: {path}: is locked by another program. End that program, then run again\n"
    )

    assert start(template, path, run_id, 1).wait() == 0
    assert asyncio.run(faults(SqlitePlace(path), run_id, EXPECTED)) == []


def test_who_works_on_all_runs_waits_for_a_locked_file_as_long_as_it_takes(
    template: Template, tmp_path: Path
) -> None:
    path = tmp_path / "locked.db"
    run_id = asyncio.run(launched(path))
    with foreign_writer(path, 0, 0):
        process = start(template, path, run_id, 0, PATIENCE_MS)
        assert not process.ended_within(5 * PATIENCE_MS / 1000)

    assert process.wait() == 0
    assert asyncio.run(faults(SqlitePlace(path), run_id, EXPECTED)) == []
