"""A job that kills its worker ends as failed, with its history; those that were executed beside it do not."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from quaero.testing import open_test_engine
from tests.crash.judgement import Expected, faults
from tests.crash.kills import KILLED, Process, Template
from tests.crash.worker_process import Orders
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import Place

MAX_LOST_LEASES = 3
STARTS_AT_MOST = 60
"""Processes that are started, one after the other's death, before the run counts as going round for ever."""

POISON = {"name": "poison", "key": "poison", "kills": True}
GOOD = [{"name": f"good {n}", "key": f"good {n}", "document": "text"} for n in range(12)]
GOOD_ENDS = {f"good {n}": "completed" for n in range(12)}


async def launched(url: str, children: Sequence[dict[str, Any]], concurrency: int | None) -> int:
    definition = script_definition(script_step(children=list(children), concurrency=concurrency))
    async with open_test_engine(url, [ScriptManager()], [ScriptWorker()]) as engine:
        return await engine.control.launch(definition)


def work_until_the_end(template: Template, place: Place, folder: Path, run_id: int, processes: int) -> int:
    """Keep so many processes at work on the run until they see its end; how many of them were killed."""

    def start(number: int) -> Process:
        return template.start(
            Orders(
                url=place.url,
                trace=str(folder / f"{number}.trace"),
                run_id=run_id,
                max_lost_leases=MAX_LOST_LEASES,
                work_ms=5,
            )
        )

    working = [start(number) for number in range(processes)]
    killed = 0
    while working:
        process = working.pop(0)
        code = process.wait()
        if code == KILLED:
            killed += 1
            assert killed < STARTS_AT_MOST, "the job goes round for ever"
            working.append(start(processes + killed))
        else:
            assert (code, process.complaints) == (0, "")
    return killed


def history(place: Place, name: str) -> list[tuple[str, str, str]]:
    """The moves of a job, as (before, after, reason)."""
    events = place.rows(
        "SELECT data FROM events WHERE type = 'job_status_change'"
        " AND job_id = (SELECT id FROM jobs WHERE name = ?) ORDER BY number",
        [name],
    )
    moves = [json.loads(str(data)) for (data,) in events]
    return [(move["before"], move["after"], move["reason"]) for move in moves]


def told(place: Place, name: str) -> tuple[str, int, int, str]:
    """A job's error code, attempts, lost leases and error."""
    [row] = place.rows("SELECT error_code, attempt, lost_leases, error FROM jobs WHERE name = ?", [name])
    code, attempts, losses, error = row
    return str(code), int(str(attempts)), int(str(losses)), str(error)


@pytest.mark.parametrize(
    ("processes", "concurrency"), [(1, 1), (1, None), (3, None)], ids=["alone", "among others", "many"]
)
def test_a_job_that_kills_its_worker_ends_as_failed_and_takes_no_other_with_it(
    template: Template, place: Place, tmp_path: Path, processes: int, concurrency: int | None
) -> None:
    run_id = asyncio.run(launched(place.url, [*GOOD[:6], POISON, *GOOD[6:]], concurrency))

    killed = work_until_the_end(template, place, tmp_path, run_id, processes)

    expected = Expected({"step": GOOD_ENDS | {"poison": "failed"}})
    assert asyncio.run(faults(place, run_id, expected)) == []
    code, attempts, losses, error = told(place, "poison")
    assert (code, attempts, losses) == ("worker_lost", killed, killed - 1)
    assert killed >= MAX_LOST_LEASES
    assert f"lost {killed} times" in error
    assert history(place, "poison") == [
        *[("pending", "running", ""), ("running", "pending", "lease_lost")] * (killed - 1),
        ("pending", "running", ""),
        ("running", "failed", "worker_lost"),
    ]


def test_a_job_that_is_slower_than_the_one_that_kills_its_worker_does_not_fail_with_it(
    template: Template, place: Place, tmp_path: Path
) -> None:
    slow = {"name": "slow", "key": "slow", "lasts": 150, "document": "text"}
    run_id = asyncio.run(launched(place.url, [POISON, slow], None))

    work_until_the_end(template, place, tmp_path, run_id, 1)

    expected = Expected({"step": {"slow": "completed", "poison": "failed"}})
    assert asyncio.run(faults(place, run_id, expected)) == []


def test_two_jobs_that_kill_their_workers_both_end_as_failed(
    template: Template, place: Place, tmp_path: Path
) -> None:
    poisons = [{**POISON, "name": name, "key": name} for name in ("poison", "venom")]
    run_id = asyncio.run(launched(place.url, [poisons[0], *GOOD, poisons[1]], None))

    work_until_the_end(template, place, tmp_path, run_id, 2)

    expected = Expected({"step": GOOD_ENDS | {"poison": "failed", "venom": "failed"}})
    assert asyncio.run(faults(place, run_id, expected)) == []
    assert [told(place, name)[0] for name in ("poison", "venom")] == ["worker_lost", "worker_lost"]
