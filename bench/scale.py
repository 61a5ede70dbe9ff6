"""What a job costs a PostgreSQL server, as its own CPU, log and bytes: on a private server that waits for the disk.

CPU seconds do not depend on what else the machine does, so this can be measured on a busy one. `docs/scale.md` is
written from these tables, and `scale_simulation.py` takes its costs from the first of them.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

from support.aged import copy_runs
from support.databases import DURABLE
from support.engine_measures import drains
from support.kinds import CHILD_TYPE, KINDS, Kind, kind_definition, open_kind_engine
from support.partitions import CUTS, NOT_CUT, Touched, cut, partitions_when_named
from support.server_meter import Meter, Reading
from support.tables import Cell, Rows, print_table

from quaero.models.job import JobState
from quaero.models.outcome import End, Settlement
from quaero.settings import QueueSettings, RetentionSettings
from quaero.store.pruning import prune
from quaero.store.reads import JobFilter
from quaero.store.store import Store
from quaero.store.transaction import BeforeStatement
from quaero.testing import finish, run_to_end
from tests import postgres_programs
from tests.postgres_server import LocalServer

LEASE_MS: Final = 60_000
MICRO: Final = 1e6
SETTINGS: Final = DURABLE | {
    "autovacuum": "off",  # it is run by hand, so that its cost has a line of its own
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
}


@dataclass(frozen=True, slots=True)
class Sizes:
    jobs: int
    single: int
    finished: tuple[int, ...]
    pruned: int
    partitions: int


FULL: Final = Sizes(10_000, 500, (10_000, 100_000, 1_000_000), 100_000, 24)
QUICK: Final = Sizes(500, 50, (2_000, 10_000), 2_000, 12)
RUN: Final = 1_000
"""Jobs of each finished run."""


def main() -> int:
    options = _options()
    sizes = QUICK if options.quick else FULL
    parts: dict[str, Callable[[LocalServer, Sizes], None]] = {
        "kinds": print_kinds,
        "batches": print_batches,
        "locks": print_locks,
        "drains": print_drains,
        "growth": print_growth,
        "retention": print_retention,
        "partitions": print_partitions,
    }
    postgres_programs.MEMORY = Path(tempfile.gettempdir())  # a log in memory would be synced in no time
    with LocalServer(**SETTINGS) as server:
        for name, part in parts.items():
            if options.only in (None, name):
                part(server, sizes)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what jobs cost a PostgreSQL server.")
    parser.add_argument("--quick", action="store_true", help="small: whether it works, not what it costs")
    parser.add_argument(
        "--only",
        choices=["kinds", "batches", "locks", "drains", "growth", "retention", "partitions"],
        help="one part of it",
    )
    return parser.parse_args()


@dataclass(frozen=True, slots=True)
class Cost:
    """What something cost the server and this process, and how long it took."""

    server: Reading
    client_cpu: float
    seconds: float

    def cells(self, jobs: int) -> list[Cell]:
        each = self.server.per(jobs)
        return [
            each["cpu"] * MICRO, self.client_cpu / jobs * MICRO, each["wal_bytes"], each["written"],
            each["changed"], each["dead"], each["hot"], jobs / self.seconds,
        ]  # fmt: skip


COST_HEADS: Final = (
    "server CPU, us", "client CPU, us", "log, bytes", "commits", "rows written", "dead versions", "of these HOT",
    "(jobs a second)",
)  # fmt: skip


def measured(meter: Meter, act: Callable[[], Coroutine[Any, Any, Any]]) -> Cost:
    """What it costs to do it in a process of its own, connections included."""
    before, client, began = meter.read(), time.process_time(), time.perf_counter()
    asyncio.run(act())
    client, seconds = time.process_time() - client, time.perf_counter() - began
    return Cost(meter.read() - before, client, seconds)


async def _run(
    url: str,
    kind: Kind,
    jobs: int,
    concurrency: int = 200,
    *,
    before_statement: BeforeStatement | None = None,
) -> None:
    queue = QueueSettings(concurrency=concurrency)
    async with open_kind_engine(url, queue, before_statement=before_statement) as engine:
        summary = await run_to_end(engine, kind_definition(kind, jobs))
        assert summary.job.state == "completed", summary


def print_kinds(server: LocalServer, sizes: Sizes) -> None:
    """Costs and bytes of a job from its launch to its end, by kind; a run of `jobs` on a store of its own."""
    costs: Rows = []
    bytes_by_kind: dict[str, dict[tuple[str, str], float]] = {}
    vacuums: Rows = []
    for kind in KINDS:
        url = server.create_database()
        meter = Meter(server, url)
        asyncio.run(_run(url, kind, 10))
        meter.vacuum()
        empty = meter.sizes()
        cost = measured(meter, partial(_run, url, kind, sizes.jobs))
        costs.append([kind.name, *cost.cells(sizes.jobs)])
        vacuum = meter.vacuum()
        dead = max(1.0, cost.server.dead)
        vacuums.append(
            [
                kind.name,
                vacuum.cpu / sizes.jobs * MICRO,
                vacuum.wal_bytes / sizes.jobs,
                vacuum.cpu / dead * MICRO,
            ]
        )
        bytes_by_kind[kind.name] = {
            name: (size - empty.get(name, 0)) / sizes.jobs for name, size in meter.sizes().items()
        }
        server.drop_database(url)
    print_table(
        f"A job from its launch to its end, {sizes.jobs} in one run, 200 at once",
        ["kind", *COST_HEADS],
        costs,
    )
    print_table(
        "Cleaning up after it (VACUUM, ANALYZE)",
        ["kind", "server CPU, us a job", "log, bytes a job", "us a dead version"],
        vacuums,
    )
    print_table("Bytes on disk of a job after its end", *_bytes_table(bytes_by_kind))


def _bytes_table(by_kind: Mapping[str, Mapping[tuple[str, str], float]]) -> tuple[list[str], Rows]:
    names = sorted({name for sizes in by_kind.values() for name, size in sizes.items() if size >= 1})
    rows: Rows = [
        [f"{table} {index}".strip(), *(sizes.get((table, index), 0.0) for sizes in by_kind.values())]
        for table, index in names
    ]
    rows.append(["all", *(sum(sizes.values()) for sizes in by_kind.values())])
    return ["table, index", *by_kind], rows


def print_batches(server: LocalServer, sizes: Sizes) -> None:
    """The same no-ops by how many are executed at once, which is how many share a commit."""
    rows: Rows = []
    for concurrency in (1, 5, 20, 100, 500):
        url = server.create_database()
        meter = Meter(server, url)
        jobs = min(sizes.jobs, max(sizes.single, sizes.single * concurrency // 2))
        asyncio.run(_run(url, KINDS[0], 10))
        cost = measured(
            meter,
            partial(_run, url, KINDS[0], jobs, concurrency),
        )
        rows.append([str(concurrency), *cost.cells(jobs)])
        server.drop_database(url)
    print_table("No-ops by how many are executed at once", ["at once", *COST_HEADS], rows)


class Stopwatch:
    """How long transactions hold the rows that all writers of a run need: from its counts to the end of the commit."""

    def __init__(self) -> None:
        self._last = ("", 0.0)
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self.commits = 0

    def __call__(self, name: str) -> None:
        now = time.perf_counter()
        before, began = self._last
        if before:
            self._seconds[before] += now - began
        self.commits += name == "COMMIT"
        self._last = ("" if name == "DELIVER" else name, now)

    @property
    def locked(self) -> float:
        return sum(
            self._seconds[name] for name in ("add_to_progress", "number_events", "insert_event", "COMMIT")
        )

    @property
    def committing(self) -> float:
        return self._seconds["COMMIT"]

    @property
    def all(self) -> float:
        return sum(self._seconds.values())


def print_locks(server: LocalServer, sizes: Sizes) -> None:
    """How long each transaction keeps others from its run. These are moments of a clock: only for a quiet machine."""
    rows: Rows = []
    for concurrency in (1, 20, 200, 500):
        url = server.create_database()
        watch = Stopwatch()
        jobs = min(sizes.jobs, max(sizes.single, sizes.single * concurrency // 2))
        began = time.perf_counter()
        asyncio.run(_run(url, KINDS[0], jobs, concurrency, before_statement=watch))
        seconds = time.perf_counter() - began
        commits = watch.commits
        rows.append([
            str(concurrency), commits / jobs,
            *(part / commits * 1000 for part in (watch.all, watch.locked, watch.committing)),
            jobs / seconds, jobs / watch.locked,
        ])  # fmt: skip
        server.drop_database(url)
    heads = [
        "at once", "commits a job", "ms a transaction", "of these locked", "of these in COMMIT", "jobs a second",
        "jobs a second if nothing but the locked part were in turn",
    ]  # fmt: skip
    print_table("What holds the run", heads, rows)


def print_drains(server: LocalServer, sizes: Sizes) -> None:
    """No-ops of one run drained by processes on this machine: what the simulation is held against."""
    rows: Rows = []
    for processes in (1, 2, 4):
        url = server.create_database()
        meter = Meter(server, url)
        before = meter.read()
        figures = drains(url, 2 * sizes.jobs, processes)
        cost = meter.read() - before
        rate = figures[f"drain_jobs_per_second_{processes}_processes"]
        rows.append([str(processes), rate, cost.cpu / 2 / sizes.jobs * MICRO, 2 * sizes.jobs / cost.written])
        server.drop_database(url)
    heads = [
        "processes",
        "jobs a second",
        "server CPU, us a job",
        "jobs a commit, with those that planned them",
    ]
    print_table(f"One run of {2 * sizes.jobs:,} no-ops, drained", heads, rows)
    print(f"one write of the disk: {_flush_ms():.2f} ms (median of 200 times 8 KB with fdatasync)\n")


def _flush_ms() -> float:
    with tempfile.TemporaryFile() as file:
        times = []
        for _ in range(200):
            began = time.perf_counter()
            file.write(b"x" * 8192)
            file.flush()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return median(times)


def print_growth(server: LocalServer, sizes: Sizes) -> None:
    """No-ops, and claims and ends one by one, on a store with so many finished jobs in runs of a thousand."""
    rows: Rows = []
    for finished in sizes.finished:
        url = server.create_database()
        meter = Meter(server, url)
        asyncio.run(_run(url, KINDS[0], RUN))
        copy_runs(url, finished // RUN - 1)
        size = sum(meter.sizes().values())
        meter.run("CHECKPOINT")
        drain = measured(meter, partial(_run, url, KINDS[0], sizes.jobs))
        meter.run("CHECKPOINT")
        one_by_one = asyncio.run(_one_by_one(meter, url, sizes.single))
        named = measured(meter, partial(_run, url, KINDS[2], sizes.jobs))
        each = drain.server.per(sizes.jobs)
        rows.append([
            f"{finished:,}", size / 1e6, each["cpu"] * MICRO, each["wal_bytes"],
            *(cost.cpu / sizes.single * MICRO for cost in one_by_one),
            named.server.cpu / sizes.jobs * MICRO, named.server.wal_bytes / sizes.jobs,
        ])  # fmt: skip
        server.drop_database(url)
    heads = [
        "finished jobs", "MB", "server CPU of a no-op, us", "its log, bytes", "of a claim of one, us",
        "of a settlement of one, us", "of named work, us", "its log, bytes",
    ]  # fmt: skip
    print_table("With what is finished, after a checkpoint", heads, rows)


async def _one_by_one(meter: Meter, url: str, count: int) -> tuple[Reading, Reading]:
    """What so many claims of one job cost, then their settlements, each in a transaction of its own."""
    async with open_kind_engine(url) as engine:
        store = engine.store
        run_id = await engine.control.launch(kind_definition(KINDS[0], count))
        async with engine.working(run_id, types=["kinds"]):
            await _planned(store, run_id, count)
        before = meter.read()
        jobs = [
            job for _ in range(count) for job in (await store.claim([CHILD_TYPE], 1, LEASE_MS, run_id)).jobs
        ]
        claimed = meter.read()
        for job in jobs:
            assert not await store.settle([Settlement(job.id, job.lease_number, End.COMPLETED)])
        settled = meter.read()
        await finish(engine, run_id)
    return claimed - before, settled - claimed


async def _planned(store: Store, run_id: int, count: int) -> None:
    """Wait until so many children are there."""
    changed = asyncio.Event()
    forget = store.on_change(lambda _: changed.set())
    try:
        while len((await store.jobs(JobFilter(root_id=run_id, type=CHILD_TYPE), limit=count)).items) < count:
            await changed.wait()
            changed.clear()
    finally:
        forget()


def print_retention(server: LocalServer, sizes: Sizes) -> None:
    """A large run goes by `prune`, row by row; then what that leaves, and what cleaning it up costs."""
    url = server.create_database()
    meter = Meter(server, url)
    asyncio.run(_run(url, KINDS[2], sizes.pruned))
    meter.vacuum()
    full = sum(meter.sizes().values())

    async def pruned() -> None:
        async with open_kind_engine(url) as engine:
            await asyncio.sleep(0.002)  # what ended in this very millisecond is not old
            found = await prune(engine.store, RetentionSettings(runs_ms=0))
            assert found.runs == 1, found

    cost = measured(meter, pruned)
    bloated = sum(meter.sizes().values())
    vacuum = meter.vacuum()
    cleaned = sum(meter.sizes().values())
    rows: Rows = []
    gone = cost.server.changed
    for name, reading, before, after in (
        ("prune", cost.server, full, bloated), ("vacuum after it", vacuum, bloated, cleaned),
    ):  # fmt: skip
        rows.append([
            name, gone, reading.cpu, reading.cpu / gone * 1e6, reading.wal_bytes / gone, reading.written, before / 1e6,
            after / 1e6,
        ])  # fmt: skip
    heads = [
        "",
        "rows",
        "server CPU, s",
        "s a million rows",
        "log, bytes a row",
        "commits",
        "MB before",
        "MB after",
    ]
    print_table(f"A run of {sizes.pruned:,} jobs with named work goes", heads, rows)
    print(f"client CPU of the prune: {cost.client_cpu:.2f} s; it took {cost.seconds:.1f} s\n")
    server.drop_database(url)


def print_partitions(server: LocalServer, sizes: Sizes) -> None:
    """The same engine on partitioned tables: what its statements read, what a job and a partition's end cost."""
    jobs, width = sizes.jobs, 2 * sizes.jobs
    costs: Rows = []
    drops: Rows = []
    touched = {how.name: Touched() for how in CUTS}
    named: dict[str, dict[str, int]] = {}
    for how in (NOT_CUT, *CUTS):
        url = server.create_database()
        meter = Meter(server, url)
        cut(url, how, sizes.partitions, width)
        for number in range(3):  # some past in several partitions
            asyncio.run(_run(url, KINDS[0], RUN))
            meter.run(f"SELECT setval('jobs_id_seq', {(number + 1) * width})")
        meter.vacuum()
        cost = measured(meter, partial(_run, url, KINDS[0], jobs))
        costs.append([how.name, *cost.cells(jobs)])
        if how.tables:
            with touched[how.name].watching():
                asyncio.run(_exercise(url))
            named[how.name] = partitions_when_named(url)
            drops.append([how.name, *_dropped(meter, how.tables, 3)])
            with touched[how.name].watching():
                asyncio.run(_prune(url))
        server.drop_database(url)
    print_table(f"The same no-ops with {sizes.partitions} partitions", ["cut", *COST_HEADS], costs)
    heads = ["cut", "server CPU, ms", "log, bytes", "MB given back"]
    print_table(f"The end of a partition that holds {jobs:,} jobs, by DETACH and DROP", heads, drops)
    print_table(
        f"Partitions read by an execution of each statement, of {sizes.partitions + 1}",
        ["statement", "jobs by run", "jobs by id", "jobs by run, named", "events by run"],
        _read_by(touched, named),
    )


def _dropped(meter: Meter, tables: Sequence[str], number: int) -> list[Cell]:
    full = sum(meter.sizes().values())
    before = meter.read()
    meter.run(*(f"ALTER TABLE {table} DETACH PARTITION {table}_{number}" for table in tables))
    meter.run(*(f"DROP TABLE {table}_{number}" for table in tables))
    cost = meter.read() - before
    return [cost.cpu * 1000, cost.wal_bytes, (full - sum(meter.sizes().values())) / 1e6]


def _read_by(touched: Mapping[str, Touched], named: Mapping[str, Mapping[str, int]]) -> Rows:
    by_run, by_id = CUTS[1].name, CUTS[2].name
    names = sorted({name for looks in touched.values() for name in looks.names()})
    return [
        [
            name,
            *(_count(touched[how].of(name, "jobs")) for how in (by_run, by_id)),
            _count(named[by_run].get(name)),
            _count(touched[by_run].of(name, "events")),
        ]
        for name in names
    ]


def _count(number: int | None) -> Cell:
    return "" if not number else str(number)


async def _prune(url: str) -> None:
    async with open_kind_engine(url) as engine:
        await asyncio.sleep(0.002)  # what ended in this very millisecond is not old
        await prune(engine.store, RetentionSettings(runs_ms=0))


async def _exercise(url: str) -> None:
    """A bit of everything that happens often."""
    for kind in KINDS:
        await _run(url, kind, 100)
    async with open_kind_engine(url) as engine:
        store = engine.store
        run_id = await engine.control.launch(kind_definition(KINDS[0], 30))
        async with engine.working(run_id, types=["kinds"]):
            await _planned(store, run_id, 30)
        claimed = (await store.claim([CHILD_TYPE], 10, LEASE_MS, run_id)).jobs
        held = [(job.id, job.lease_number) for job in claimed]
        await store.heartbeat(held, LEASE_MS)
        await store.still_held(held)
        [parent_id] = {job.parent_id for job in claimed}
        for question in (
            JobFilter(root_id=run_id),
            JobFilter(parent_id=parent_id),
            JobFilter(states=(JobState.FAILED,)),
        ):
            await store.jobs(question, limit=20)
        await store.running(run_id)
        await store.progress(run_id)
        await store.events(run_id)
        await store.log(claimed[0].id)
        await store.pause(run_id)
        await store.unpause(run_id)
        await store.rescue(10)
        await store.settle([Settlement(*held[0], End.RETRY, delay_ms=0, error_code="x", error="x")])
        await store.settle([Settlement(*held[1], End.FAILED, error_code="x", error="x")])
        await store.cancel(run_id)
        await store.retry(run_id)
        await finish(engine, run_id)


if __name__ == "__main__":
    sys.exit(main())
