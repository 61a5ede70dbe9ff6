"""Several processes on one database: how soon they wake each other, what that costs, and what they get done.

`pickup`: from the commit of a child in one process to its start in another. `close`: from the end of the last child
in one process to the end of its parent, which another one watches. `idle`: how much of a core four idle workers take.
On one SQLite file, on a private PostgreSQL server that waits for the disk (`--postgres`), or on the server of a URL
(`--database`).
"""

import argparse
import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from support.databases import Database, Databases, files, on_server, server_of
from support.figures import Figure, interleaved, print_figures, wait_figures
from support.noop import CHILD_TYPE, NoopManager, noop_definition, open_noop_bench

from quaero.models.event import JobCompleted, JobStatusChange, Recorded
from quaero.models.job import JobState
from quaero.store.reads import JobFilter

IDLE_SECONDS = 5.0


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure several processes on one database.")
    parser.add_argument(
        "--quick", action="store_true", help="one small round: whether it works, not how fast"
    )
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL, on a server of its own")
    parser.add_argument("--database", metavar="URL", help="on PostgreSQL, on that server")
    parser.add_argument("--json", action="store_true", help="print one JSON object of medians")
    options = parser.parse_args()
    if not options.postgres and options.database is None:
        figures = _figures(files, quick=options.quick)
    else:
        with server_of(options.database) as server:
            figures = _figures(on_server(server), quick=options.quick)
    print_figures(figures, as_json=options.json)
    return 0


def _figures(databases: Databases, *, quick: bool) -> dict[str, Figure]:
    rounds, waits, jobs = (1, 20, 2_000) if quick else (5, 200, 20_000)
    measures = [
        lambda: asyncio.run(_wake_ups(databases, waits)),
        lambda: asyncio.run(_drain(databases, jobs, processes=1)),
        lambda: asyncio.run(_drain(databases, jobs, processes=2)),
        lambda: asyncio.run(_drain(databases, jobs, processes=4)),
        lambda: asyncio.run(_small_beside_large(databases, jobs)),
        lambda: asyncio.run(_idle(databases)),
    ]
    return interleaved(rounds, measures)


@asynccontextmanager
async def _workers(database: Database, count: int, types: str) -> AsyncIterator[None]:
    """So many processes that execute the jobs of the database while the block runs."""
    script = Path(__file__).parent / "support" / "worker_process.py"
    environment = {**os.environ, "PYTHONPATH": str(script.parent.parent)}
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, script, str(database), types, stdout=subprocess.PIPE, env=environment
        )
        for _ in range(count)
    ]
    try:
        for process in processes:
            if process.stdout is not None:
                await process.stdout.readline()
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            await process.wait()


async def _wake_ups(databases: Databases, count: int) -> Mapping[str, float]:
    picked_up, closed = [], []
    with databases() as database:
        async with (
            open_noop_bench(database) as bench,
            bench.engine.working(types=[]),  # this process watches over the parents, and plans below
            _workers(database, 1, CHILD_TYPE),
        ):
            store = bench.engine.store
            for _ in range(count):
                run_id = await bench.launch(1)
                await bench.plan(1)
                handed_over = time.perf_counter()
                events = [event async for event in bench.engine.hub.follow(run_id)]
                [step] = (await bench.engine.control.summary(run_id)).steps
                [child] = (await store.jobs(JobFilter(parent_id=step.job.id))).items
                picked_up.append((float(child.note or "nan") - handed_over) * 1000)
                closed.append(_milliseconds_to_close(events, child.id))
    return wait_figures("pickup_across_processes", picked_up) | wait_figures("close_across_processes", closed)


def _milliseconds_to_close(events: Sequence[Recorded], child_id: int) -> float:
    [ended] = [
        event.at
        for event in events
        if event.type == JobStatusChange.type
        and event.job_id == child_id
        and event.data["after"] == JobState.COMPLETED
    ]
    [closed] = [event.at for event in events if event.type == JobCompleted.type]
    return float(closed - ended)


async def _drain(databases: Databases, jobs: int, *, processes: int) -> Mapping[str, float]:
    with databases() as database:
        async with open_noop_bench(database) as bench:
            run_id = await bench.launch(jobs)
            await bench.plan(jobs)
            await bench.engine.store.pause(run_id)
            async with _workers(database, processes, CHILD_TYPE):
                began = time.perf_counter()
                await bench.engine.store.unpause(run_id)
                async for _ in bench.engine.hub.follow(run_id, after=jobs):
                    pass
                return {f"drain_jobs_per_second_{processes}_processes": jobs / (time.perf_counter() - began)}


async def _small_beside_large(databases: Databases, jobs: int) -> Mapping[str, float]:
    """A run of ten children that starts while a large one is being drained by four processes."""
    with databases() as database:
        async with open_noop_bench(database) as bench:
            await bench.launch(jobs)
            await bench.plan(jobs)
            async with _workers(database, 4, f"{CHILD_TYPE},{NoopManager.manager_type}"):
                began = time.perf_counter()
                store = bench.engine.store
                small = await store.launch(replace(noop_definition(10), id="small"))
                async for _ in bench.engine.hub.follow(small):
                    pass
                return {"small_run_beside_large_seconds": time.perf_counter() - began}


async def _idle(databases: Databases) -> Mapping[str, float]:
    with databases() as database:
        async with open_noop_bench(database), _workers(database, 4, CHILD_TYPE):
            pass  # their start and end, to be taken off
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        async with open_noop_bench(database), _workers(database, 4, CHILD_TYPE):
            pass
        start_and_end = _cpu_since(before)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        async with open_noop_bench(database), _workers(database, 4, CHILD_TYPE):
            await asyncio.sleep(IDLE_SECONDS)
        return {"idle_percent_of_a_core_each": (_cpu_since(before) - start_and_end) / IDLE_SECONDS / 4 * 100}


def _cpu_since(before: resource.struct_rusage) -> float:
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return now.ru_utime + now.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main())
