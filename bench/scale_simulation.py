"""What one, two and four databases do with a day of a hundred million jobs: a deterministic simulation.

Two models. The first goes event by event through processes that claim and settle in batches, the cores of the
database, the rows that all writers of a run need, and a log that many commits are written to at once; it tells how
much a database can take and how long a claim waits. The second takes that as the rate of a database and goes through a
whole day of runs, most of them small and a few huge. `docs/scale.md` names the assumptions; `bench/scale.py` measures
the costs.
"""

import argparse
import bisect
import heapq
import itertools
import math
import random
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from support.figures import percentile
from support.lines import LineChart, Points, svg
from support.simulated import Cores, Lock, Log, Time

DAY: Final = 86_400.0
JOBS_A_DAY: Final = 1e8
PEAK: Final = 3.0
"""The busiest moment of the day over its average."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of a core for each write transaction (`commit`) and each job in it (`job`), as measured.

    `locked_commit`, `locked_job`: the part of the server's that is done while the counts of the run are held.
    `flush`: one write of the log; `log_job`: bytes of log a job.
    """

    server_commit: float = 2.06e-3
    server_job: float = 60e-6
    client_commit: float = 2.86e-3
    client_job: float = 55e-6
    locked_commit: float = 0.7e-3
    locked_job: float = 15e-6
    flush: float = 0.63e-3
    log_job: float = 2_300


@dataclass(frozen=True, slots=True)
class Setup:
    """`cores`: of each database; `shared`: the processes work on the same ones, as on one machine.

    `linger`: how long a process waits after a commit before it begins the next, so that more goes into it.
    """

    databases: int = 1
    cores: int = 8
    processes: int = 16
    at_once: int = 200
    job_seconds: float = 1.0
    shared: bool = False
    linger: float = 0.0
    log_bytes_a_second: float = 300e6
    costs: Costs = Costs()


SETTLE_BATCH: Final = 500


@dataclass(slots=True)
class Run:
    """A run with jobs that nobody has claimed, as [moment from which they wait, how many]."""

    lock: Lock = field(default_factory=Lock)
    pending: deque[list[float]] = field(default_factory=deque)


class Database:
    def __init__(self, time: Time, setup: Setup) -> None:
        self.time, self.setup = time, setup
        self.cores = Cores(time, setup.cores)
        self.log = Log(time, setup.costs.flush, setup.log_bytes_a_second)
        self.runs: dict[int, Run] = {}
        self.ready: dict[int, None] = {}
        self.waiting: list[Process] = []
        self.pending = 0
        self.waits: list[float] = []
        self.since: list[float] = []
        self.settled = self.commits = 0

    def add(self, run_id: int, jobs: int) -> None:
        run = self.runs.setdefault(run_id, Run())
        run.pending.append([self.time.now, jobs])
        self.ready[run_id] = None
        self.pending += jobs
        idle, self.waiting = self.waiting, []
        for process in idle:
            process.begin()

    def take(self, limit: int) -> dict[int, int]:
        """Claim so many jobs in equal shares; who was served goes to the end of the line."""
        taken: dict[int, int] = {}
        left = min(limit, self.pending)
        while left:
            lanes = list(itertools.islice(self.ready, left))
            share = -(-left // len(lanes))
            for run_id in lanes:
                count = min(share, left)
                given = self._take_from(run_id, count)
                taken[run_id] = taken.get(run_id, 0) + given
                left -= given
                del self.ready[run_id]
                if self.runs[run_id].pending:
                    self.ready[run_id] = None
        return taken

    def _take_from(self, run_id: int, count: int) -> int:
        pending, given = self.runs[run_id].pending, 0
        while pending and given < count:
            since, there = pending[0]
            some = min(int(there), count - given)
            self.since += [since] * some
            given += some
            if some == there:
                pending.popleft()
            else:
                pending[0][1] -= some
        self.pending -= given
        return given


class Process:
    """Claims and settles in one transaction at a time: whatever has come up since the last one."""

    def __init__(self, database: Database, cores: Cores, seed: int) -> None:
        self._database, self._cores, self._time = database, cores, database.time
        self._setup = database.setup
        self._free = self._setup.at_once
        self._ended: deque[int] = deque()
        self._busy = False
        self._chance = random.Random(seed)

    def begin(self) -> None:
        if self._busy:
            return
        database, costs = self._database, self._setup.costs
        settled = [self._ended.popleft() for _ in range(min(SETTLE_BATCH, len(self._ended)))]
        claimed = database.take(self._free)
        since, database.since = database.since, []
        count = sum(claimed.values())
        if not settled and not count:
            database.waiting.append(self)
            return
        self._busy = True
        self._free -= count
        runs = [database.runs[run_id].lock for run_id in sorted({*settled, *claimed})]
        half = (len(settled) + count) / 2

        def on_server() -> None:
            seconds = costs.server_commit - costs.locked_commit + half * (costs.server_job - costs.locked_job)
            database.cores.work(seconds, take_lock)

        held: list[Lock] = []

        def take_lock() -> None:
            if len(held) < len(runs):
                lock = runs[len(held)]
                held.append(lock)
                lock.take(take_lock)
            else:
                database.cores.work(costs.locked_commit + half * costs.locked_job, commit)

        def commit() -> None:
            database.log.commit(half * costs.log_job, done)

        def done() -> None:
            for lock in held:
                lock.release()
            database.commits += 1
            database.settled += len(settled)
            database.waits += [self._time.now - moment for moment in since]
            self._free += len(settled)
            for run_id, jobs in claimed.items():
                for _ in range(jobs):
                    self._execute(run_id)
            if self._setup.linger:
                self._time.after(self._setup.linger, go_on)
            else:
                go_on()

        def go_on() -> None:
            self._busy = False
            self.begin()

        self._cores.work(costs.client_commit + half * costs.client_job, on_server)

    def _execute(self, run_id: int) -> None:
        if not self._setup.job_seconds:
            self._ended.append(run_id)
            return

        def end() -> None:
            self._ended.append(run_id)
            self.begin()

        self._time.after(self._chance.expovariate(1 / self._setup.job_seconds), end)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`claim`: how long jobs waited for theirs, in seconds; `batch`: jobs settled by a transaction; `cpu`: of the cores."""

    offered: float
    rate: float
    claim_p50: float
    claim_p99: float
    queue: int
    batch: float
    cpu: float


def stream(setup: Setup, offered: float, seconds: float, seed: int = 1) -> Outcome:
    """Runs of some dozens of jobs arrive so that there are `offered` jobs a second; each lives on the database of its id."""
    time, databases, _ = _cluster(setup, seed)
    chance = random.Random(seed)
    sizes = Sizes(20.0, 1.5, 500.0)
    run_id = 0

    def arrive() -> None:
        nonlocal run_id
        run_id += 1
        databases[shard(run_id, setup.databases)].add(run_id, sizes.draw(chance))
        time.after(chance.expovariate(offered / sizes.mean), arrive)

    arrive()
    warm = seconds / 3
    time.run_until(warm)
    before = [(d.settled, d.commits, d.cores.busy, len(d.waits)) for d in databases]
    time.run_until(seconds)
    settled = sum(d.settled - b[0] for d, b in zip(databases, before, strict=True))
    commits = sum(d.commits - b[1] for d, b in zip(databases, before, strict=True))
    busy = max(d.cores.busy - b[2] for d, b in zip(databases, before, strict=True))
    waits = [wait for d, b in zip(databases, before, strict=True) for wait in d.waits[b[3] :]]
    span = seconds - warm
    return Outcome(
        offered,
        settled / span,
        percentile(waits, 50),
        percentile(waits, 99),
        sum(d.pending for d in databases),
        settled / max(1, commits),
        busy / span / setup.cores,
    )


def drain(setup: Setup, runs: int, seconds: float) -> Outcome:
    """So many runs with more jobs than can be done: how many are done a second."""
    time, databases, _ = _cluster(setup, 1)
    for run_id in range(1, runs + 1):
        databases[shard(run_id, setup.databases)].add(run_id, 10**9)
    time.run_until(seconds)
    settled = sum(database.settled for database in databases)
    commits = sum(database.commits for database in databases)
    busy = max(database.cores.busy for database in databases)
    return Outcome(math.inf, settled / seconds, 0, 0, 0, settled / max(1, commits), busy / seconds / setup.cores)


def _cluster(setup: Setup, seed: int) -> tuple[Time, list[Database], list[Process]]:
    time = Time()
    databases = [Database(time, setup) for _ in range(setup.databases)]
    processes = []
    for database in databases:
        for number in range(setup.processes // setup.databases):
            cores = database.cores if setup.shared else Cores(time, 1)
            process = Process(database, cores, seed * 1_000 + number)
            database.waiting.append(process)
            processes.append(process)
    return time, databases, processes


def shard(run_id: int, databases: int) -> int:
    """The database of a run: by a mix of its id, so that neighbours do not go together."""
    return (run_id * 0x9E3779B97F4A7C15 >> 40) % databases


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many children runs have: `least` or more, with a heavy tail (the smaller `shape`, the heavier) up to `most`."""

    least: float
    shape: float
    most: float

    def draw(self, chance: random.Random) -> int:
        cut = 1 - (self.least / self.most) ** self.shape
        return int(self.least / (1 - chance.random() * cut) ** (1 / self.shape))

    @property
    def mean(self) -> float:
        """By a thousand equally likely sizes."""
        cut = 1 - (self.least / self.most) ** self.shape
        steps = 100_000
        return sum(self.least / (1 - (step + 0.5) / steps * cut) ** (1 / self.shape) for step in range(steps)) / steps


DAILY: Final = Sizes(100.0, 1.1, 5_000_000.0)


class Shared:
    """A database over a day: all runs that have jobs get equal shares of its rate, each at the most `most`.

    All get the same, so one clock is enough: how many jobs a run has been given that was there all the time.
    """

    def __init__(self, rate: float, most: float) -> None:
        self._rate, self._most = rate, most
        self.now = self.given = 0.0
        self._ends: list[tuple[float, float, int]] = []
        self.sum_of_ends = 0.0
        self.times: list[float] = [0.0]
        self.gifts: list[float] = [0.0]
        self.runs: list[tuple[float, float, int]] = []
        self.done: list[tuple[float, float, int]] = []

    @property
    def queue(self) -> float:
        """Jobs that wait."""
        return self.sum_of_ends - len(self._ends) * self.given

    def _share(self) -> float:
        return min(self._most, self._rate / len(self._ends))

    def go_to(self, moment: float) -> None:
        while self._ends:
            share = self._share()
            end = self.now + (self._ends[0][0] - self.given) / share
            if end > moment:
                self._note(moment, self.given + (moment - self.now) * share)
                return
            self._note(end, self._ends[0][0])
            gift, began, jobs = heapq.heappop(self._ends)
            self.sum_of_ends -= gift
            self.done.append((end - began, jobs / self._most, jobs))
        self._note(moment, self.given)

    def _note(self, moment: float, given: float) -> None:
        self.now, self.given = moment, given
        if len(self.gifts) > 1 and given == self.gifts[-1] == self.gifts[-2]:
            self.times[-1] = moment  # it goes on being idle
        else:
            self.times.append(moment)
            self.gifts.append(given)

    def add(self, jobs: int) -> None:
        end = self.given + jobs
        heapq.heappush(self._ends, (end, self.now, jobs))
        self.sum_of_ends += end
        self.runs.append((self.now, self.given, jobs))

    def waits(self, samples: int) -> Iterator[tuple[float, float, int]]:
        """(seconds until its claim, how many jobs it stands for, jobs of its run), of some jobs of each run."""
        for began, given, jobs in self.runs:
            count = min(samples, jobs)
            for number in range(count):
                moment = self._when(given + jobs * (number + 0.5) / count)
                if moment is not None:
                    yield max(0.0, moment - began), jobs / count, jobs

    def _when(self, given: float) -> float | None:
        """When the run that was there all the time had been given so many; None: not on this day."""
        place = bisect.bisect_left(self.gifts, given)
        if place == len(self.gifts):
            return None
        low, high = self.gifts[place - 1], self.gifts[place]
        return self.times[place - 1] + (self.times[place] - self.times[place - 1]) * (given - low) / (high - low)


@dataclass(frozen=True, slots=True)
class DayOutcome:
    """`small`: waits of jobs of runs with up to a thousand; `slow`: a run's time over that of a run on its own."""

    small_p50: float
    small_p99: float
    all_p50: float
    all_p99: float
    slow_p50: float
    slow_p99: float
    largest_queue: float
    left: float
    queue: Points


def day(databases: int, rate: float, most: float, jobs: float, seed: int = 1) -> DayOutcome:
    """A day of so many jobs: few at night, three times the average at the peak."""
    chance = random.Random(seed)
    parts = [Shared(rate, most) for _ in range(databases)]
    runs_a_second = jobs / DAY / DAILY.mean
    moment, run_id = 0.0, 0
    queue: list[tuple[float, float]] = []
    while moment < DAY:
        moment += chance.expovariate(runs_a_second * PEAK)
        if chance.random() > intensity(moment) / PEAK:
            continue
        run_id += 1
        while len(queue) * 300 < min(moment, DAY):
            for part in parts:
                part.go_to(len(queue) * 300.0)
            queue.append((len(queue) * 300 / 3_600, sum(part.queue for part in parts)))
        part = parts[shard(run_id, databases)]
        part.go_to(moment)
        part.add(DAILY.draw(chance))
    left = sum(part.queue for part in parts)
    for part in parts:
        part.go_to(3 * DAY)  # what is left is done, so that its waits are known
    waits = [wait for part in parts for wait in part.waits(3)]
    slow = [seconds / alone for part in parts for seconds, alone, _ in part.done]
    small = [wait for wait in waits if wait[2] <= 1_000]
    return DayOutcome(
        _weighted(small, 50), _weighted(small, 99), _weighted(waits, 50), _weighted(waits, 99),
        percentile(slow, 50), percentile(slow, 99), max(waiting for _, waiting in queue), left, queue,
    )  # fmt: skip


def intensity(moment: float) -> float:
    """The rate at a moment of the day over the average of the day: a peak of some hours, quiet nights."""
    return 0.4 + (PEAK - 0.4) * math.exp(-(((moment / 3_600 - 14) / WIDTH) ** 2))


WIDTH: Final = 0.6 * 24 / (PEAK - 0.4) / math.sqrt(math.pi)
"""Hours: so that the average is 1."""


def _weighted(waits: Sequence[tuple[float, float, int]], percent: float) -> float:
    ordered = sorted(waits)
    until = sum(weight for _, weight, _ in ordered) * percent / 100
    for wait, weight, _ in ordered:
        until -= weight
        if until <= 0:
            return wait
    return ordered[-1][0]


LIGHT: Final = Costs()
PAGES: Final = replace(
    LIGHT,
    server_job=LIGHT.server_job + 20e-6 + 0.2 * 2.07e-3,
    client_job=LIGHT.client_job + 20e-6 + 0.2 * 1.5e-3,
    log_job=2_900 + 0.2 * 91_000,
)
"""Work with a name; every fifth job stores a document of 10 KB."""

MEASURED: Final = {1: 3_758, 2: 3_059, 4: 2_417}


def main() -> int:
    parser = argparse.ArgumentParser(description="Simulate days of jobs on one, two and four databases.")
    parser.add_argument("--quick", action="store_true", help="short spans: whether it works")
    parser.add_argument("--plots", metavar="FOLDER", type=Path, help="write the SVG files of docs/scale.md there")
    options = parser.parse_args()
    seconds = 3.0 if options.quick else 12.0
    _validate(seconds)
    _one_run(seconds)
    _processes(seconds)
    loads = _loads(seconds)
    days = _days()
    if options.plots is not None:
        (options.plots / "scale-load.svg").write_text(svg(loads))
        (options.plots / "scale-day.svg").write_text(svg(days))
    return 0


def _validate(seconds: float) -> None:
    print("### This machine: no-ops of one run, two cores for all\n")
    print("| processes | simulated, jobs a second | jobs a commit | measured |\n| --- | --- | --- | --- |")
    for processes, rate in MEASURED.items():
        setup = Setup(cores=2, processes=processes, job_seconds=0, shared=True)
        got = drain(setup, 1, seconds)
        print(f"| {processes} | {got.rate:,.0f} | {got.batch:.0f} | {rate:,.0f} |")
    print()


def _one_run(seconds: float) -> None:
    print("### One run and a hundred, as many jobs as can be done; 8 cores, jobs of 50 ms\n")
    print("| processes | one run, a second | jobs a commit | of the cores | hundred runs | jobs a commit | of the cores |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for processes in (1, 2, 4, 8, 16, 32):
        setup = Setup(processes=processes, job_seconds=0.05)
        one, many = drain(setup, 1, seconds / 3), drain(setup, 100, seconds / 3)
        print(
            f"| {processes} | {one.rate:,.0f} | {one.batch:.0f} | {one.cpu:.0%} "
            f"| {many.rate:,.0f} | {many.batch:.0f} | {many.cpu:.0%} |"
        )
    print()


OFFERED: Final = (500, 1_157, 2_300, 3_472, 5_000, 7_000, 9_000)


def _processes(seconds: float) -> None:
    print("### The peak of a hundred million light jobs a day (3,472 a second), one database of 4 cores\n")
    print("| processes | jobs at once each | a pause between commits, ms | settled | claim p50, ms | p99 | jobs a commit | cores busy |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for processes, at_once in ((192, 50), (96, 100), (48, 200), (24, 400), (12, 800)):
        for linger in (0.0, 0.02, 0.1):
            setup = Setup(cores=4, processes=processes, at_once=at_once, linger=linger)
            got = stream(setup, 3_472, seconds)
            print(
                f"| {processes} | {at_once} | {linger * 1000:.0f} | {got.rate:,.0f} | {got.claim_p50 * 1000:.0f} "
                f"| {got.claim_p99 * 1000:,.0f} | {got.batch:.1f} | {got.cpu:.0%} |",
                flush=True,
            )
    print()


def _loads(seconds: float) -> list[LineChart]:
    charts = []
    for name, costs in (("light jobs", LIGHT), ("every fifth with a document", PAGES)):
        print(f"### {name}: databases of 4 cores, 48 processes in all, jobs of 1 s\n")
        print("| databases | offered, a second | settled | claim p50, ms | p99 | queue at the end | jobs a commit | cores busy |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        lines: dict[str, Points] = {}
        for databases in (1, 2, 4):
            points = []
            for offered in OFFERED:
                setup = Setup(databases, cores=4, processes=48, costs=costs)
                got = stream(setup, offered, seconds)
                points.append((float(offered), got.claim_p99 * 1000))
                print(
                    f"| {databases} | {offered:,} | {got.rate:,.0f} | {got.claim_p50 * 1000:.1f} "
                    f"| {got.claim_p99 * 1000:,.1f} | {got.queue:,} | {got.batch:.1f} | {got.cpu:.0%} |",
                    flush=True,
                )
            lines[f"{databases} database{'s' if databases > 1 else ''}"] = points
        charts.append(LineChart(f"p99 of a claim, ms: {name}", "jobs a second", lines, log=True, lowest=1.0))
        print()
    return charts


RATE: Final = 5_000.0
MOST: Final = 3_000.0


def _days() -> list[LineChart]:
    charts = []
    print(f"### A day of runs: a database that does {RATE:,.0f} jobs a second, {MOST:,.0f} of one run\n")
    print(
        "| jobs a day | databases | claim in runs up to 1,000 jobs: p50, s | p99 | of all jobs: p50, s | p99 "
        "| a run takes longer than alone: p50 | p99 | most jobs waiting | left at midnight |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for jobs in (1e8, 2e8, 4e8):
        lines: dict[str, Points] = {}
        for databases in (1, 2, 4):
            got = day(databases, RATE, MOST, jobs)
            lines[f"{databases} database{'s' if databases > 1 else ''}"] = [(x, y + 1) for x, y in got.queue]
            print(
                f"| {jobs:,.0f} | {databases} | {got.small_p50:,.2f} | {got.small_p99:,.1f} | {got.all_p50:,.0f} "
                f"| {got.all_p99:,.0f} | {got.slow_p50:.1f} | {got.slow_p99:,.1f} | {got.largest_queue:,.0f} "
                f"| {got.left:,.0f} |",
                flush=True,
            )
        charts.append(LineChart(f"Jobs that wait: {jobs:,.0f} jobs a day", "hour", lines, log=True, lowest=100.0))
    print()
    return charts


if __name__ == "__main__":
    sys.exit(main())
