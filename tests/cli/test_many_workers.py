"""A server and several worker processes on one database, one of which is killed again and again.

A long run: `QUAERO_JOBS=20000 pytest -s tests/cli/test_many_workers.py`; `QUAERO_SEED` is the seed of the kills.
"""

import asyncio
import json
import os
import random
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from quaero.cli.live.changes import Changes, changes_of
from quaero.store.reads import JobFilter
from quaero.store.store import Store
from tests.cli import tree_work
from tests.cli.calling import Process, end_of, lines_until, running, start
from tests.cli.desk import ROOT
from tests.crash.judgement import Expected, faults
from tests.places import Place

JOBS = int(os.environ.get("QUAERO_JOBS", "2000"))
SEED = int(os.environ.get("QUAERO_SEED", "1000"))
SMALL = 10
KILLS = 10
PROCESSES, CONCURRENCY, WORK_MS = 4, 2, 25
"""320 jobs a second at most: what is left in the middle takes longer than the small run by far."""
SECONDS = 60 + JOBS / 20
"""Whatever takes longer than that hangs."""


@pytest.fixture
def everywhere(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Where all processes have their store, and the work of the tree in each of them."""
    tree_work.install(tmp_path / "packages")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "packages"), str(ROOT)]))
    monkeypatch.setenv("QUAERO_DATABASE", place.url)
    return place


def launched(folder: Path, name: str, count: int) -> int:
    """A run of a tree with so many children, left to others; its id."""
    file = folder / f"{name}.toml"
    file.write_text(
        f'id = "{name}"\nname = "{name.title()}"\n[[steps]]\nname = "grow"\naction = "tree"\n'
        f"[steps.config]\ncount = {count}\nwork_ms = {WORK_MS}\n",
        encoding="utf-8",
    )
    with start("run", str(file), "--detach", "--json") as process:
        result = end_of(process)
    assert (result.code, result.err) == (0, "")
    return int(result.json["id"])


@contextmanager
def everybody() -> Iterator[tuple[Process, Process]]:
    """A server that executes nothing, and a process that keeps the workers alive."""
    with (
        running("serve", "--workers", "0") as server,
        running("worker", "--processes", str(PROCESSES), "--concurrency", str(CONCURRENCY)) as keeper,
    ):
        lines_until(server, "server started: ")
        yield server, keeper


class Killer:
    """Kills one of the keeper's workers, which the dice choose among those that the store lists."""

    def __init__(self, store: Store, keeper: Process, dice: random.Random) -> None:
        self._store, self._keeper, self._dice = store, keeper, dice

    async def kill_one(self, changes: Changes) -> None:
        while not (pids := sorted(await self._workers())):
            await changes.wait()
        process = os.pidfd_open(self._dice.choice(pids))
        try:
            signal.pidfd_send_signal(process, signal.SIGKILL)
            assert select.select([process], [], [], SECONDS)[0]
        finally:
            os.close(process)

    async def _workers(self) -> list[int]:
        listed = [process.pid for process in await self._store.processes() if process.role == "worker"]
        return [pid for pid in listed if parent_of(pid) == self._keeper.pid]


def parent_of(pid: int) -> int | None:
    """The process that started this one; None if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return next(int(line.split()[1]) for line in lines if line.startswith("PPid:"))


async def kill_meanwhile(folder: Path, place: Place, large: int, keeper: Process) -> int:
    """Kill at `KILLS` moments of the large run, launch the small one in the middle of it, wait for both; its id."""
    dice = random.Random(SEED)
    kills = sorted(dice.sample(range(JOBS // 20, JOBS * 17 // 20), KILLS))
    moments = sorted([*((count, True) for count in kills), (JOBS * 2 // 5, False)])
    store, small = place.store(), 0
    try:
        killer = Killer(store, keeper, dice)
        with changes_of(store) as changes:
            for count, kills_one in moments:
                while await ended(store, large) < count:
                    await changes.wait()
                if kills_one:
                    await killer.kill_one(changes)
                else:
                    small = await asyncio.to_thread(launched, folder, "small", SMALL)
            for run_id in (small, large):
                while not (await store.job(run_id)).state.final:
                    await changes.wait()
    finally:
        await store.close()
    return small


async def ended(store: Store, run_id: int) -> int:
    """How many children of the run have completed."""
    steps = await store.jobs(JobFilter(parent_id=run_id))
    return sum([(await store.progress(step.id)).counts.completed for step in steps.items])


async def times(place: Place, run_id: int) -> tuple[int, int]:
    """When a run was launched and when it ended, by its events; milliseconds since 1970."""
    store = place.store()
    try:
        launched_at = (await store.job(run_id)).created_at
        last = (await store.run(run_id)).last_event
        [end] = await store.events(run_id, after=last - 1)
    finally:
        await store.close()
    assert end.type == "job_completed"
    return launched_at, end.at


def left_by(place: Place, run_id: int) -> tuple[int, int]:
    """How many documents a run left, and how many executions it lost."""
    [(documents,)] = place.rows("SELECT count(*) FROM documents WHERE root_id = ?", [run_id])
    [(lost,)] = place.rows("SELECT sum(lost_leases) FROM jobs WHERE root_id = ?", [run_id])
    return documents, int(lost)


def test_workers_that_are_killed_again_and_again_lose_nothing_and_a_small_run_overtakes_a_large_one(
    everywhere: Place, tmp_path: Path
) -> None:
    began = time.monotonic()
    large = launched(tmp_path, "large", JOBS)

    async def within_time(keeper: Process) -> int:
        async with asyncio.timeout(SECONDS):
            return await kill_meanwhile(tmp_path, everywhere, large, keeper)

    with everybody() as (server, keeper):
        small = asyncio.run(within_time(keeper))
        seconds = time.monotonic() - began
        results = []
        for process in (keeper, server):
            process.terminate()
            results.append(end_of(process))

    assert [(result.code, result.err) for result in results] == [(0, ""), (0, "")]
    assert results[0].out.count("was killed (SIGKILL)") == KILLS
    for run_id, count in ((large, JOBS), (small, SMALL)):
        children = {str(number): "completed" for number in range(1, count + 1)}
        assert asyncio.run(faults(everywhere, run_id, Expected({"grow": children}))) == []
        assert left_by(everywhere, run_id)[0] == count
    large_ended = asyncio.run(times(everywhere, large))[1]
    small_launched, small_ended = asyncio.run(times(everywhere, small))
    assert small_ended < large_ended
    sys.stdout.write(
        json.dumps(
            {
                "store": everywhere.name,
                "jobs": JOBS,
                "seconds": round(seconds, 1),
                "kills": KILLS,
                "executions_lost": left_by(everywhere, large)[1] + left_by(everywhere, small)[1],
                "small_run_seconds": (small_ended - small_launched) / 1_000,
                "small_run_ended_before_the_large_by_seconds": (large_ended - small_ended) / 1_000,
            }
        )
        + "\n"
    )
