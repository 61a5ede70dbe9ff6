"""Databases and processes that claim and settle jobs, as events: batches, shared commits, contended rows, wake-ups."""

import itertools
import math
import random
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from support.figures import percentile
from support.sharding import Sizes, shard
from support.simulated import Cores, Lock, Log, Time

SETTLE_BATCH: Final = 500
WAKE_SECONDS: Final = 0.01


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of a core for each write transaction (`commit`), and for each job that is claimed and settled (`job`).

    `locked_commit`, `locked_job`: the part of the server's that is done while the counts of the run are held.
    `flush`: one write of the log; `log_job`: bytes of log a job. `empty`: a claim that finds nothing, at the server.
    """

    server_commit: float
    server_job: float
    client_commit: float
    client_job: float
    locked_commit: float
    locked_job: float
    flush: float
    log_job: float
    empty: float


@dataclass(frozen=True, slots=True)
class Setup:
    """`cores`: of each database; `shared`: the processes work on the same ones, as on one machine.

    `processes`: in all, and `at_once` jobs in each. `pause`: how long a process waits after a commit before it begins
    the next, so that more goes into it. `woken`: every end wakes all processes with free places, at most every 10 ms.
    `log_bytes_a_second`: what a disk takes.
    """

    costs: Costs
    databases: int = 1
    cores: int = 4
    processes: int = 48
    at_once: int = 200
    job_seconds: float = 1.0
    shared: bool = False
    pause: float = 0.0
    woken: bool = True
    log_bytes_a_second: float = 300e6


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it. `claim`: how long jobs waited for theirs, in seconds; `batch`: jobs that a transaction settled.

    `queue`: jobs that waited at the end; `cpu`: the share of the cores that was busy, on the busiest database.
    """

    rate: float
    claim_p50: float
    claim_p99: float
    queue: int
    batch: float
    cpu: float


@dataclass(slots=True)
class Run:
    """A run with jobs that nobody has claimed, as [moment since which they wait, how many]."""

    lock: Lock = field(default_factory=Lock)
    pending: deque[list[float]] = field(default_factory=deque)


class Database:
    def __init__(self, time: Time, setup: Setup) -> None:
        self.time, self.setup = time, setup
        self.cores = Cores(time, setup.cores)
        self.log = Log(time, setup.costs.flush, setup.log_bytes_a_second)
        self.runs: dict[int, Run] = {}
        self.idle: dict[Process, None] = {}
        self._waking = False
        self.waits: list[float] = []
        self.pending = self.settled = self.commits = 0
        self._ready: dict[int, None] = {}

    def add(self, run_id: int, jobs: int) -> None:
        """Jobs of a run are there to be claimed, and everybody hears of it."""
        self.runs.setdefault(run_id, Run()).pending.append([self.time.now, jobs])
        self._ready[run_id] = None
        self.pending += jobs
        for process in tuple(self.idle):
            process.begin()

    def room_was_made(self) -> None:
        if self.setup.woken and not self._waking:
            self._waking = True
            self.time.after(WAKE_SECONDS, self._wake)

    def _wake(self) -> None:
        self._waking = False
        for process in tuple(self.idle):
            process.look()

    def take(self, limit: int) -> "Claim":
        """Claim so many jobs in equal shares; the runs that were served go to the end of the line."""
        claim = Claim()
        left = min(limit, self.pending)
        while left:
            lanes = list(itertools.islice(self._ready, left))
            share = -(-left // len(lanes))
            for run_id in lanes:
                left -= self._take_from(run_id, min(share, left), claim)
        return claim

    def _take_from(self, run_id: int, count: int, claim: "Claim") -> int:
        pending, given = self.runs[run_id].pending, 0
        while pending and given < count:
            since, there = pending[0]
            some = min(int(there), count - given)
            claim.since += [since] * some
            given += some
            pending[0][1] -= some
            if some == there:
                pending.popleft()
        claim.runs[run_id] = claim.runs.get(run_id, 0) + given
        self.pending -= given
        del self._ready[run_id]
        if pending:
            self._ready[run_id] = None
        return given


@dataclass(slots=True)
class Claim:
    """How many jobs of which run, and since when each has waited."""

    runs: dict[int, int] = field(default_factory=dict)
    since: list[float] = field(default_factory=list)


class Process:
    """Claims and settles in one transaction at a time: whatever has come up since the last one."""

    def __init__(self, database: Database, cores: Cores, seed: int) -> None:
        self.database, self.cores, self.setup = database, cores, database.setup
        self._free, self._busy = self.setup.at_once, False
        self._ended: deque[int] = deque()
        self._chance = random.Random(seed)

    def begin(self) -> None:
        """Start a transaction, unless one is going on or there is nothing to do."""
        if self._busy:
            return
        settled = [self._ended.popleft() for _ in range(min(SETTLE_BATCH, len(self._ended)))]
        claim = self.database.take(self._free)
        if not settled and not claim.since:
            self.database.idle[self] = None
            return
        self.database.idle.pop(self, None)
        self._busy = True
        self._free -= len(claim.since)
        Transaction(self, settled, claim).begin()

    def look(self) -> None:
        """Ask for jobs where there are none."""
        if self._free and not self._busy:
            self.database.idle.pop(self, None)
            self._busy = True
            self.database.cores.work(self.setup.costs.empty, self._go_on)

    def committed(self, settled: int, claim: Claim) -> None:
        self._free += settled
        for run_id, jobs in claim.runs.items():
            for _ in range(jobs):
                self._execute(run_id)
        if self.setup.pause:
            self.database.time.after(self.setup.pause, self._go_on)
        else:
            self._go_on()

    def _go_on(self) -> None:
        self._busy = False
        self.begin()

    def _execute(self, run_id: int) -> None:
        if not self.setup.job_seconds:
            self._ended.append(run_id)
            return

        def end() -> None:
            self._ended.append(run_id)
            self.begin()

        self.database.time.after(self._chance.expovariate(1 / self.setup.job_seconds), end)


class Transaction:
    """Work of the client and of the server, the rows of the runs one after the other, the rest of the work, the log."""

    def __init__(self, process: Process, settled: list[int], claim: Claim) -> None:
        self._process, self._settled, self._claim = process, settled, claim
        self._database, self._costs = process.database, process.setup.costs
        self._jobs = (len(settled) + len(claim.since)) / 2  # a job is claimed once and settled once
        runs = sorted({*settled, *claim.runs})
        self._locks = [self._database.runs[run_id].lock for run_id in runs]
        self._held = 0

    def begin(self) -> None:
        costs = self._costs
        self._process.cores.work(costs.client_commit + self._jobs * costs.client_job, self._on_server)

    def _on_server(self) -> None:
        costs = self._costs
        each = costs.server_job - costs.locked_job
        seconds = costs.server_commit - costs.locked_commit + self._jobs * each
        self._database.cores.work(seconds, self._lock)

    def _lock(self) -> None:
        if self._held < len(self._locks):
            self._held += 1
            self._locks[self._held - 1].take(self._lock)
        else:
            seconds = self._costs.locked_commit + self._jobs * self._costs.locked_job
            self._database.cores.work(seconds, self._commit)

    def _commit(self) -> None:
        self._database.log.commit(self._jobs * self._costs.log_job, self._done)

    def _done(self) -> None:
        for lock in self._locks:
            lock.release()
        database = self._database
        database.commits += 1
        database.settled += len(self._settled)
        if self._settled:
            database.room_was_made()
        database.waits += [database.time.now - moment for moment in self._claim.since]
        self._process.committed(len(self._settled), self._claim)


class Cluster:
    """The databases of a setup with their processes, each of which works for one of them."""

    def __init__(self, setup: Setup, seed: int) -> None:
        self.time, self._setup = Time(), setup
        self._databases = [Database(self.time, setup) for _ in range(setup.databases)]
        self._marks = [(0, 0, 0.0, 0)] * setup.databases
        self._since = 0.0
        for database in self._databases:
            for number in range(setup.processes // setup.databases):
                cores = database.cores if setup.shared else Cores(self.time, 1)
                database.idle[Process(database, cores, seed * 1_000 + number)] = None

    def add(self, run_id: int, jobs: int) -> None:
        self._databases[shard(run_id, len(self._databases))].add(run_id, jobs)

    def mark(self) -> None:
        """Count from now on."""
        self._since = self.time.now
        self._marks = [(d.settled, d.commits, d.cores.busy, len(d.waits)) for d in self._databases]

    def load(self) -> Load:
        pairs = list(zip(self._databases, self._marks, strict=True))
        settled = sum(database.settled - mark[0] for database, mark in pairs)
        commits = sum(database.commits - mark[1] for database, mark in pairs)
        busy = max(database.cores.busy - mark[2] for database, mark in pairs)
        waits = [wait for database, mark in pairs for wait in database.waits[mark[3] :]] or [math.nan]
        seconds = self.time.now - self._since
        return Load(
            settled / seconds,
            percentile(waits, 50),
            percentile(waits, 99),
            sum(database.pending for database in self._databases),
            settled / max(1, commits),
            busy / seconds / self._setup.cores,
        )


def stream(setup: Setup, offered: float, seconds: float, seed: int = 1) -> Load:
    """Runs of some dozens of jobs arrive, so many jobs a second; each on the database of its id. Half is warm-up."""
    cluster, chance, sizes = Cluster(setup, seed), random.Random(seed), Sizes(20.0, 1.5, 500.0)
    pause, run_ids = sizes.mean / offered, itertools.count(1)

    def arrive() -> None:
        cluster.add(next(run_ids), sizes.draw(chance))
        cluster.time.after(chance.expovariate(1 / pause), arrive)

    arrive()
    cluster.time.run_until(seconds / 2)
    cluster.mark()
    cluster.time.run_until(seconds)
    return cluster.load()


def drain(setup: Setup, runs: int, seconds: float) -> Load:
    """So many runs with more jobs than can be done in that time."""
    cluster = Cluster(setup, 1)
    for run_id in range(1, runs + 1):
        cluster.add(run_id, 10**9)
    cluster.time.run_until(seconds / 3)
    cluster.mark()
    cluster.time.run_until(seconds)
    return cluster.load()
