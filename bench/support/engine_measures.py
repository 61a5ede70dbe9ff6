"""One round of each measurement of the job system; every function gets a new database and returns its figures."""

import asyncio
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from support.contest import own_command, seconds_to_drain
from support.figures import wait_figures
from support.noop import NoopBench, open_noop_bench
from support.peers import peer_python

HUEY = "huey==3.5.4"

Figures = Mapping[str, float]


async def rates(database: Path | str, jobs: int) -> Figures:
    """Jobs a second: first all are planned and stored, then all are drained in this process."""
    async with open_noop_bench(database) as bench:
        run_id = await bench.launch(jobs)
        launched = time.perf_counter()
        await bench.plan(jobs)
        began = time.perf_counter()
        async with bench.engine.working(run_id):
            await bench.completed(run_id)
        return {
            "enqueue_jobs_per_second": jobs / (began - launched),
            "drain_jobs_per_second": jobs / (bench.worker.stored_at - began),
        }


async def enqueued(url: str, jobs: int) -> tuple[int, float]:
    """A run of so many children that are planned and stored; how many a second that were."""
    async with open_noop_bench(url) as bench:
        run_id = await bench.launch(jobs)
        began = time.perf_counter()
        await bench.plan(jobs)
        return run_id, jobs / (time.perf_counter() - began)


def drains(url: str, jobs: int, processes: int) -> Figures:
    """Jobs a second on a server: all are stored by one process, then drained by so many others to the run's end."""
    run_id, stored = asyncio.run(enqueued(url, jobs))
    open_run = f"SELECT state NOT IN ('completed', 'failed', 'cancelled') FROM jobs WHERE id = {run_id}"  # noqa: S608
    seconds = seconds_to_drain(own_command("drain_process.py", url), processes, url, open_run)
    return {
        "enqueue_jobs_per_second": stored,
        f"drain_jobs_per_second_{processes}_processes": jobs / seconds,
    }


async def parent(database: Path | str, children: int, closes: int) -> Figures:
    """A run of many children from launch to its end; then how long after their last child `closes` small runs end."""
    async with open_noop_bench(database) as bench, bench.engine.working():
        await _close_milliseconds(bench, 1)
        began = time.perf_counter()
        ended = await bench.completed(await bench.launch(children))
        latencies = [await _close_milliseconds(bench, 100) for _ in range(closes)]
    return {
        f"parent_{children}_children_seconds": ended - began,
        "parent_close_milliseconds": median(latencies),
        "parent_close_worst_milliseconds": max(latencies),
    }


async def _close_milliseconds(bench: NoopBench, children: int) -> float:
    ended = await bench.completed(await bench.launch(children))
    return (ended - bench.worker.stored_at) * 1000


async def pickups(database: Path | str, count: int) -> Figures:
    """How soon the worker starts on a child that its manager hands over in an idle store."""
    waits, from_launch = [], []
    async with open_noop_bench(database) as bench, bench.engine.working():
        await _close_milliseconds(bench, 1)
        for _ in range(count):
            launched = time.perf_counter()
            await bench.completed(await bench.launch(1))
            waits.append((bench.worker.began_at - bench.manager.planned_at) * 1000)
            from_launch.append((bench.worker.began_at - launched) * 1000)
    return wait_figures("pickup", waits) | wait_figures("launch_to_child", from_launch)


def huey(path: Path, tasks: int) -> Figures:
    """Tasks a second that huey drains from its SQLite storage: no leases, no parents, no events."""
    script = Path(__file__).parent.parent / "peers" / "huey_drain.py"
    command = [str(peer_python(HUEY)), str(script), str(path), str(tasks)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {"huey_drain_tasks_per_second": float(done.stdout)}
