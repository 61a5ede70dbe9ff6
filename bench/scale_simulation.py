"""What one, two and four databases do with days of hundreds of millions of jobs: a deterministic simulation.

Two models. One goes event by event through processes that claim and settle in batches, the cores of the database, the
rows that all writers of a run need, and a log that many commits share (`support/cluster.py`): how much a database
takes, and how long a claim waits. The other goes through a whole day of runs, most of them small and a few huge, at
the rate that the first one found (`support/days.py`). The costs were measured by `bench/scale.py`; what is assumed
beside them is said in `docs/scale.md`.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from support.cluster import Costs, Load, Setup, drain, stream
from support.days import DAY, PEAK, day
from support.lines import LineChart, Points, svg
from support.tables import Rows, print_table

JOBS_A_DAY: Final = 1e8
AVERAGE: Final = JOBS_A_DAY / DAY

PLAIN: Final = Costs(
    server_commit=2.06e-3,
    server_job=60e-6,
    client_commit=2.86e-3,
    client_job=55e-6,
    locked_commit=0.7e-3,
    locked_job=15e-6,
    flush=0.63e-3,
    log_job=2_300,
    empty=0.7e-3,
)
"""No-ops."""

PAGES: Final = replace(
    PLAIN,
    server_job=PLAIN.server_job + 60e-6 + 0.2 * 1.9e-3,
    client_job=PLAIN.client_job + 60e-6 + 0.2 * 1.4e-3,
    log_job=2_900 + 0.2 * 91_000,
)
"""Work that has a name and was found by another job; every fifth job stores a document of 10 KB."""

MEASURED: Final[Mapping[int, float]] = {1: 5_014, 2: 5_275, 4: 3_916}
"""Jobs a second by processes: `bench/scale.py --only drains`."""

OFFERED: Final = (500, 1_157, 3_472, 6_000, 9_000, 12_000)
FLEET: Final = 96
DATABASES: Final = (1, 2, 4)
RATE: Final = 6_000.0
MOST: Final = 5_000.0
"""Of a database, and of one run: what the first model found."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Simulate days of jobs on one, two and four databases.")
    parser.add_argument("--quick", action="store_true", help="short spans: whether it works")
    parser.add_argument(
        "--plots", metavar="FOLDER", type=Path, help="write the SVG files of docs/scale.md there"
    )
    options = parser.parse_args()
    seconds = 1.5 if options.quick else 10.0
    print_validation(seconds)
    print_one_run(seconds)
    print_pauses(seconds)
    loads = [
        print_loads("as it is", PAGES, seconds),
        print_loads("woken by new jobs, 50 ms between commits", PAGES, seconds, woken=False, pause=0.05),
    ]
    days = print_days(days=1 if options.quick else 3)
    if options.plots is not None:
        (options.plots / "scale-load.svg").write_text(svg(loads))
        (options.plots / "scale-day.svg").write_text(svg(days))
    return 0


def print_validation(seconds: float) -> None:
    """The model of one machine with two cores beside what was measured on it."""
    rows: Rows = []
    for processes, rate in MEASURED.items():
        load = drain(Setup(PLAIN, cores=2, processes=processes, job_seconds=0, shared=True), 1, seconds)
        rows.append([str(processes), load.rate, rate, load.rate / rate, load.batch])
    heads = ["processes", "simulated, jobs a second", "measured", "ratio", "jobs a commit"]
    print_table("No-ops of one run, two cores for processes and server", heads, rows)


def print_one_run(seconds: float) -> None:
    """What bounds the hottest run, beside a hundred runs that share the same processes."""
    rows: Rows = []
    for processes in (1, 2, 4, 8, 16, 32, 64):
        setup = Setup(PLAIN, cores=8, processes=processes, job_seconds=0.05)
        one, many = drain(setup, 1, seconds / 3), drain(setup, 100, seconds / 3)
        rows.append([str(processes), *_drained(one), *_drained(many)])
    heads = [
        "processes",
        "one run",
        "jobs a commit",
        "of 8 cores, %",
        "100 runs",
        "jobs a commit",
        "of 8 cores, %",
    ]
    print_table("As many no-ops of 50 ms as can be done, a second", heads, rows)


def _drained(load: Load) -> list[float]:
    return [load.rate, load.batch, load.cpu * 100]


def print_pauses(seconds: float) -> None:
    """The peak of the day by how the places for jobs are spread, by who is woken, and by a pause between commits."""
    rows: Rows = []
    for processes, at_once in ((96, 100), (48, 200), (12, 800)):
        for woken, pause in ((True, 0.0), (False, 0.0), (False, 0.05)):
            setup = Setup(PLAIN, processes=processes, at_once=at_once, pause=pause, woken=woken)
            load = stream(setup, PEAK * AVERAGE, seconds)
            woken_by = "every end" if woken else "new jobs"
            rows.append([str(processes), str(at_once), woken_by, f"{pause * 1000:.0f}", *_loaded(load)])
    heads = ["processes", "jobs at once in each", "woken by", "pause, ms", *LOAD_HEADS]
    print_table(f"{PEAK * AVERAGE:,.0f} no-ops of 1 s a second on one database of 4 cores", heads, rows)


LOAD_HEADS: Final = (
    "settled a second", "claim p50, ms", "p99, ms", "waiting at the end", "jobs a commit", "of the cores, %",
)  # fmt: skip


def _loaded(load: Load) -> list[str | float]:
    return [
        load.rate, load.claim_p50 * 1000, load.claim_p99 * 1000, f"{load.queue:,}", load.batch, load.cpu * 100,
    ]  # fmt: skip


def print_loads(
    name: str, costs: Costs, seconds: float, *, woken: bool = True, pause: float = 0.0
) -> LineChart:
    """More and more jobs a second, on one, two and four databases."""
    rows: Rows = []
    lines: dict[str, Points] = {}
    for databases in DATABASES:
        points = []
        for offered in OFFERED:
            setup = Setup(costs, databases, processes=FLEET, woken=woken, pause=pause)
            load = stream(setup, offered, seconds)
            points.append((float(offered), load.claim_p99 * 1000))
            rows.append([str(databases), f"{offered:,}", *_loaded(load)])
        lines[_databases(databases)] = points
    heads = ["databases", "offered a second", *LOAD_HEADS]
    title = (
        f"Jobs of 1 s, every fifth with a document, {FLEET} processes in all, databases of 4 cores: {name}"
    )
    print_table(title, heads, rows)
    return LineChart(f"p99 of a claim, ms: {name}", "jobs a second", lines, log=True, lowest=1.0)


def print_days(days: int) -> list[LineChart]:
    """Days of more and more jobs."""
    rows: Rows = []
    charts = []
    for times in (1, 2, 5)[:days]:
        lines: dict[str, Points] = {}
        for databases in DATABASES:
            got = day(databases, RATE, MOST, times * JOBS_A_DAY)
            lines[_databases(databases)] = [(hour, waiting + 1) for hour, waiting in got.queue]
            rows.append([
                f"{times}", str(databases), got.small_p50, got.small_p99, got.all_p50, got.all_p99, got.slow_p50,
                got.slow_p99, got.most_waiting, got.left,
            ])  # fmt: skip
        charts.append(
            LineChart(f"Jobs that wait, {times} x 10^8 a day", "hour", lines, log=True, lowest=100.0)
        )
    heads = [
        "10^8 jobs", "databases", "claim in runs of up to 1,000 jobs: p50, s", "p99, s", "of all jobs: p50, s",
        "p99, s",
        "a run takes so many times as long as alone: p50", "p99", "most jobs waiting", "left at midnight",
    ]  # fmt: skip
    print_table(f"Days on databases of {RATE:,.0f} jobs a second", heads, rows)
    return charts


def _databases(count: int) -> str:
    return f"{count} database{'s' if count > 1 else ''}"


if __name__ == "__main__":
    sys.exit(main())
