"""Whether the job system slows down with what it has already done."""

import time
from pathlib import Path

from support.figures import percentile
from support.noop import CHILD_TYPE, LEASE_MS, NoopBench, open_noop_bench

from quaero.models.outcome import End, Settlement

LARGEST_RUN = 100_000
CLAIMS = 1_000
READS = 200


async def growth(few_jobs: Path | str, many_jobs: Path | str, finished: int) -> dict[str, float]:
    """Claims in a store with 1,000 and in one with `finished` ended jobs; a look at the largest parent's progress."""
    async with open_noop_bench(few_jobs) as few, open_noop_bench(many_jobs) as many:
        await _finish(few, 1_000)
        parent_id = 0
        for begin in range(0, finished, LARGEST_RUN):
            parent_id = await _finish(many, min(LARGEST_RUN, finished - begin))
        reads = await _reads(many, parent_id)
        claims_with_few, claims_with_many = await _claims(few, many)
    return {
        "claim_p99_milliseconds_with_1000_finished_jobs": percentile(claims_with_few, 99),
        f"claim_p99_milliseconds_with_{finished}_finished_jobs": percentile(claims_with_many, 99),
        "claim_growth_ratio": percentile(claims_with_many, 99) / percentile(claims_with_few, 99),
        f"progress_of_{min(finished, LARGEST_RUN)}_children_p99_milliseconds": percentile(reads, 99),
    }


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


async def _claims(*benches: NoopBench) -> list[list[float]]:
    """Claims of one job each, by bench, in turn: a slow moment of the disk meets all of them."""
    for bench in benches:
        await bench.launch(CLAIMS)
        await bench.plan(CLAIMS)
    waits: list[list[float]] = [[] for _ in benches]
    for _ in range(CLAIMS):
        for bench, of_bench in zip(benches, waits, strict=True):
            of_bench.append(await _claim(bench))
    return waits


async def _claim(bench: NoopBench) -> float:
    """How many milliseconds a claim takes; the job is ended afterwards."""
    began = time.perf_counter()
    [job] = (await bench.engine.store.claim([CHILD_TYPE], 1, LEASE_MS)).jobs
    milliseconds = (time.perf_counter() - began) * 1000
    await bench.engine.store.settle([Settlement(job.id, job.lease_number, End.COMPLETED)])
    return milliseconds
