"""Whether the job system slows down with what it has already done."""

import time
from pathlib import Path

from support.figures import percentile
from support.noop import CHILD_TYPE, LEASE_MS, NoopBench, open_noop_bench

from quaero.models.outcome import End, Settlement

LARGEST_RUN = 100_000
CLAIMS = 1_000
READS = 200


async def growth(folder: Path, finished: int) -> dict[str, float]:
    """Claims in a store with 1,000 and with `finished` ended jobs; reading the progress of its largest parent."""
    few, _ = await _measured(folder / "few.db", 1_000)
    many, reads = await _measured(folder / "many.db", finished)
    return {
        "claim_p99_milliseconds_with_1000_finished_jobs": few,
        f"claim_p99_milliseconds_with_{finished}_finished_jobs": many,
        "claim_growth_ratio": many / few,
        f"progress_of_{min(finished, LARGEST_RUN)}_children_p99_milliseconds": reads,
    }


async def _measured(path: Path, finished: int) -> tuple[float, float]:
    """The 99th percentiles of a claim and of a look at the last parent's progress, in milliseconds."""
    async with open_noop_bench(path) as bench:
        parent_id = 0
        for begin in range(0, finished, LARGEST_RUN):
            parent_id = await _finish(bench, min(LARGEST_RUN, finished - begin))
        reads = await _reads(bench, parent_id)
        return percentile(await _claims(bench), 99), percentile(reads, 99)


async def _finish(bench: NoopBench, jobs: int) -> int:
    """Execute a run of so many children; the id of their parent job."""
    async with bench.engine.working():
        run_id = await bench.launch(jobs)
        await bench.completed(run_id)
    [step] = (await bench.engine.control.summary(run_id)).steps
    return step.job.id


async def _reads(bench: NoopBench, parent_id: int) -> list[float]:
    waits = []
    for _ in range(READS):
        began = time.perf_counter()
        await bench.engine.store.progress(parent_id)
        waits.append((time.perf_counter() - began) * 1000)
    return waits


async def _claims(bench: NoopBench) -> list[float]:
    """Claims of one job each, while nothing else runs; every job is ended before the next claim."""
    await bench.launch(CLAIMS)
    await bench.plan(CLAIMS)
    waits = []
    for _ in range(CLAIMS):
        began = time.perf_counter()
        [job] = (await bench.engine.store.claim([CHILD_TYPE], 1, LEASE_MS)).jobs
        waits.append((time.perf_counter() - began) * 1000)
        await bench.engine.store.settle([Settlement(job.id, job.lease_number, End.COMPLETED)])
    return waits
