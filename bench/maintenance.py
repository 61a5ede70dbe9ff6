"""Maintenance of a store of a gigabyte while another process works on it: what it gives, and how long that one waits.

`longest wait`: the longest time between two recorded ends of jobs while the operation went on; "nothing" is the same
without maintenance. At the end every job ran and ended once, all documents are there and `quaero db check` is content,
or this fails.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import zstandard
from support import busy_work
from support.busy_work import JOBS, BusyManager, BusyWorker
from support.databases import EMPTY, server_of
from support.figures import percentile
from support.noop import NoopManager
from support.tables import print_table

from quaero.backends import open_backend
from quaero.jobs.manager import JobManager
from quaero.jobs.manager.database_maintenance_manager import CHILD_TYPE, DatabaseMaintenanceManager
from quaero.jobs.worker import JobWorker
from quaero.jobs.worker.database_maintenance_worker import DatabaseMaintenanceWorker
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.document import NewDocument, content_hash
from quaero.models.duration import format_duration
from quaero.models.job import ChildJob, JobKind, JobState, StepLimits
from quaero.models.outcome import End, Settlement
from quaero.models.toml_writer import ConfigValue
from quaero.settings import DatabaseUrl, SqliteUrl, database_url
from quaero.store.reads import DocumentFilter, JobFilter
from quaero.store.store import Store
from quaero.testing import open_test_engine

LEASE_MS = 60_000
AT_ONCE = 100
WORDS, ORIGINAL_BYTES = 600, 70_000
"""Of a document: some four kilobytes of text, and a page as it was fetched."""

OPERATIONS = ("prune", "optimize", "analyze", "reindex", "vacuum", "integrity_check", "backup")


@dataclass(frozen=True, slots=True)
class Sizes:
    """`documents` to store, of which every third is deleted; `jobs` of an ended run; seconds without maintenance."""

    documents: int
    jobs: int
    quiet_seconds: float


FULL = Sizes(12_000, 50_000, 15.0)
QUICK = Sizes(300, 2_000, 2.0)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure maintenance beside running work.")
    parser.add_argument("--quick", action="store_true", help="a small store: whether it works, not how long")
    parser.add_argument("--only", choices=["sqlite", "postgres"], help="one of the databases")
    parser.add_argument("--postgres", metavar="URL", help="a server of your own instead of a private one")
    options = parser.parse_args()
    sizes = QUICK if options.quick else FULL
    if options.only in (None, "sqlite"):
        with tempfile.TemporaryDirectory(prefix="quaero-bench-") as folder:
            _measure("SQLite", SqliteUrl(Path(folder) / "bench.db"), Path(folder), sizes)
    if options.only in (None, "postgres"):
        with (
            tempfile.TemporaryDirectory(prefix="quaero-bench-") as folder,
            server_of(options.postgres) as server,
        ):
            url = database_url(server.create_database(EMPTY), Path(folder))
            _measure("PostgreSQL", url, Path(folder), sizes)
    return 0


def _measure(name: str, database: DatabaseUrl, folder: Path, sizes: Sizes) -> None:
    began = time.perf_counter()
    documents = asyncio.run(_fill(database, sizes))
    filled_at = time.time()
    print(f"{name}: filled in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    stop, out = folder / "stop", folder / "out"
    url = database.secret if not isinstance(database, SqliteUrl) else str(database)
    work = subprocess.Popen([sys.executable, busy_work.__file__, url, str(stop), str(out)])
    try:
        rows, times = asyncio.run(_maintain(url, folder / "backups", sizes, filled_at))
    finally:
        stop.touch()
        code = work.wait()
    assert code == 0, f"the work ended with {code}"
    done = json.loads(out.read_text("utf-8"))
    asyncio.run(_check(database, done, documents))
    ends = sorted(done["recorded"])
    whole = [[*row, *_waits(ends, *span)] for row, span in zip(rows, times, strict=True)]
    heads = [
        "operation",
        "s",
        "MB before",
        "MB after",
        "jobs a second beside it",
        "p99 wait, ms",
        "longest wait, ms",
    ]
    print_table(f"{name}: {documents:,} documents, {len(ends):,} jobs beside it", heads, whole)


async def _fill(database: DatabaseUrl, sizes: Sizes) -> int:
    """An ended run that stored the documents, of which every third is deleted then; how many are left."""
    store = Store(open_backend(database))
    texts = _texts(sizes.documents)
    try:
        step = JobStep("noop", NoopManager.manager_type, {})
        await store.launch(JobDefinition(id="old", name="Old", steps=(step,)))
        [parent] = (await store.claim([NoopManager.manager_type], 1, LEASE_MS)).jobs
        await store.begin_plan(parent, StepLimits())
        children = [
            ChildJob("old_child", f"page {n}", {"depth": n % 7}, f"page {n}") for n in range(sizes.jobs)
        ]
        await store.add_planned(parent, children, last=True)
        while claimed := (await store.claim(["old_child"], AT_ONCE, LEASE_MS)).jobs:
            ends = [(job, next(texts, None)) for job in claimed]
            await store.settle(
                [
                    Settlement(job.id, job.lease_number, End.COMPLETED, () if text is None else (text,))
                    for job, text in ends
                ]
            )
        await store.fold()
        gone = range(3, sizes.documents + 1, 3)
        for first in range(0, len(gone), AT_ONCE):
            await asyncio.gather(*(store.delete_document(number) for number in gone[first : first + AT_ONCE]))
        return (await store.documents(DocumentFilter(), limit=1)).total
    finally:
        await store.close()


def _texts(count: int) -> Iterator[NewDocument]:
    chance = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 11))) for _ in range(20_000)]
    for number in range(count):
        title, text = f"Page {number}", " ".join(chance.choices(words, k=WORDS))
        url = f"https://example.org/{number}"
        source = zstandard.compress(chance.randbytes(ORIGINAL_BYTES), 1)
        yield NewDocument(
            "crawl", url, url, title, text, content_hash(title, text), ("all",), {}, source, "text/html"
        )


async def _maintain(
    url: str, backups: Path, sizes: Sizes, filled_at: float
) -> tuple[list[list[str | float]], Sequence[tuple[int, int]]]:
    """For each operation its row so far, and when it began and ended, in milliseconds since 1970."""
    managers: list[JobManager] = [DatabaseMaintenanceManager(), BusyManager()]
    workers: list[JobWorker] = [DatabaseMaintenanceWorker(), BusyWorker()]
    async with open_test_engine(url, managers, workers) as engine:
        ended = JobFilter(type="busy_child", states=(JobState.COMPLETED,))
        while (await engine.store.jobs(ended, limit=1)).total < JOBS / 4:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.1)
        began = time.time()
        await asyncio.sleep(sizes.quiet_seconds)
        rows: list[list[str | float]] = [["nothing", sizes.quiet_seconds, "", ""]]
        times = [(int(began * 1000), int(time.time() * 1000))]
        age = format_duration(
            int((time.time() - filled_at) * 1000)
        )  # what was there before the work began goes
        config: dict[str, ConfigValue] = {
            "operations": list(OPERATIONS),
            "backup_dir": str(backups),
            "retention": {"runs": age},
        }
        step = JobStep("maintain", "database_maintenance", config)
        definition = JobDefinition("upkeep", "Upkeep", (step,))
        types = [DatabaseMaintenanceManager.manager_type, CHILD_TYPE]
        async with engine.working(role="worker", types=types):
            run_id = await engine.control.launch(definition)
            async for _ in engine.hub.follow(run_id):
                pass
        kept = await engine.store.maintained()
        wanted = JobFilter(root_id=run_id, kind=JobKind.CHILD)
        for job in (await engine.store.jobs(wanted, oldest_first=True)).items:
            assert job.state is JobState.COMPLETED, job
            done = kept[job.name]
            rows.append([job.name, done["seconds"], done["bytes_before"] / 1e6, done["bytes_after"] / 1e6])
            times.append((job.started_at or 0, job.finished_at or 0))
            print(f"{job.name}: {job.note}", file=sys.stderr, flush=True)
    return rows, times


def _waits(ends: Sequence[int], start: int, end: int) -> list[str | float]:
    """How many jobs ended in a second, and the waits between them, those included that began before or end after."""
    inside = [moment for moment in ends if start <= moment <= end]
    before = max((moment for moment in ends if moment < start), default=start)
    after = min((moment for moment in ends if moment > end), default=end)
    gaps = [later - earlier for earlier, later in pairwise([before, *inside, after])]
    return [len(inside) / max(0.001, (end - start) / 1000), percentile(gaps, 99), float(max(gaps))]


async def _check(database: DatabaseUrl, done: dict[str, list[int]], documents: int) -> None:
    store = Store(open_backend(database))
    try:
        assert await store.check() == (), "the store is not sound"
        for run_id in done["runs"]:
            assert (await store.job(run_id)).state is JobState.COMPLETED, run_id
            wanted = JobFilter(root_id=run_id, kind=JobKind.CHILD, states=(JobState.COMPLETED,))
            counted = await store.jobs(wanted, limit=1)
            assert counted.total == JOBS, (run_id, counted.total)
        expected = JOBS * len(done["runs"])
        assert done["executed"] == [len(done["recorded"])] == [expected], "a job ran twice, or not at all"
        total = (await store.documents(DocumentFilter(), limit=1)).total
        assert total == documents + expected // 10, (total, documents, expected)
    finally:
        await store.close()


if __name__ == "__main__":
    raise SystemExit(main())
