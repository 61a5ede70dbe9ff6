"""Five faults under two loads on PostgreSQL: how much of the rate before is reached again, and how soon.

Each cell gets a server of its own that waits for the disk, and `quaero worker --processes 2`. Either the workers have
as much to do as they can (`saturating`), or small runs come in at a steady pace far below that (`paced`). Needed: the
rate before, held for 5 s within 30 s after the fault, 95 % of it; every child executed and counted once; a clean
`quaero db check`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from support.contest import ContestError
from support.databases import server_of
from support.engine_measures import drains
from support.faults import FAULTS, Fault, Field
from support.figures import short
from support.fleet import fleet
from support.loads import Load, paced, saturating
from support.plot import Chart, svg
from support.recovery import NEEDED, WITHIN_SECONDS, Course, begun_anew, ended_by_second, wrong

from tests.postgres_server import LocalServer

PLOT: Final = Path(__file__).with_name("chaos.svg")
LOADS: Final = ("saturating", "paced")
CALIBRATION_JOBS: Final = 20_000
LONGEST_DRAIN_SECONDS: Final = 600.0
"""How long the rest of a load may take when a cell has been looked at."""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of warming up, of the rate before, and that are looked at after a fault."""

    warm: float
    before: float
    after: float
    pace: int
    processes: int


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of a fault under a load."""

    fault: Fault
    load: str
    course: Course
    children: int
    anew: int
    complaints: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return self.course.reached >= NEEDED and not self.complaints


def main() -> int:
    options = _options()
    times = (
        Times(2, 4, 10, 100, options.processes)
        if options.quick
        else Times(5, 10, WITHIN_SECONDS + 5, options.pace, options.processes)
    )
    cells = []
    try:
        for load in options.load or LOADS:
            for fault in FAULTS:
                if not options.fault or fault.name in options.fault:
                    cells.append(_cell(fault, load, times))
                    if not options.json:
                        _print_cell(cells[-1])
    except ContestError as error:
        print(f"chaos: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps([_as_object(cell) for cell in cells], indent=2))
    if not options.quick:
        options.plot.write_text(svg([_chart(cell) for cell in _by_fault(cells)]), encoding="utf-8")
    return 0 if all(cell.passed for cell in cells) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Measure how soon workers recover from faults on PostgreSQL."
    )
    parser.add_argument("--load", action="append", choices=LOADS, help="only this load")
    parser.add_argument(
        "--fault", action="append", choices=[fault.name for fault in FAULTS], help="only this fault"
    )
    parser.add_argument("--processes", type=int, default=2, help="worker processes (2)")
    parser.add_argument("--pace", type=int, default=400, help="children a second of the paced load (400)")
    parser.add_argument("--quick", action="store_true", help="short times: whether it works")
    parser.add_argument("--plot", type=Path, default=PLOT, help="where the plot goes (bench/chaos.svg)")
    parser.add_argument("--json", action="store_true", help="print one JSON array")
    return parser.parse_args()


def _cell(fault: Fault, load: str, times: Times) -> Cell:
    with server_of(None) as server:
        assert isinstance(server, LocalServer)
        children = _enough(server, fault, times) if load == "saturating" else 0
        url = server.create_database()
        with _load(load, url, children, times) as stored, fleet(url, times.processes) as workers:
            stored.start()
            start_ms = time.time() * 1000
            time.sleep(times.warm + times.before)
            began = time.time()
            fault.make(Field(server, url, workers, times.processes))
            ended = time.time()
            time.sleep(times.after)
            stored.over()
            seconds = int(time.time() - start_ms / 1000)
            complaints = _drain_rest(url)
        course = Course(
            ended_by_second(url, int(start_ms), seconds),
            times.warm,
            began - start_ms / 1000,
            ended - start_ms / 1000,
        )
        complaints += wrong(url, stored.children) + _unsound(url)
        return Cell(fault, load, course, stored.children, begun_anew(url), tuple(complaints))


def _load(load: str, url: str, children: int, times: Times) -> AbstractContextManager[Load]:
    return saturating(url, children) if load == "saturating" else paced(url, times.pace)


def _enough(server: LocalServer, fault: Fault, times: Times) -> int:
    """So many children that they last until the end of the cell: a short run is faster than a long one."""
    url = server.create_database()
    rate = drains(url, CALIBRATION_JOBS, times.processes)[
        f"drain_jobs_per_second_{times.processes}_processes"
    ]
    server.drop_database(url)
    return int(rate * (times.warm + times.before + fault.seconds + times.after))


def _drain_rest(url: str) -> list[str]:
    """Wait until every run has ended."""
    until = time.monotonic() + LONGEST_DRAIN_SECONDS
    with psycopg.connect(url, autocommit=True) as connection:
        while time.monotonic() < until:
            [(open_runs,)] = connection.execute(
                "SELECT count(*) FROM jobs WHERE kind = 'run' AND finished_at IS NULL"
            ).fetchall()
            if not open_runs:
                return []
            time.sleep(0.2)
    return [f"{open_runs} runs had not ended {LONGEST_DRAIN_SECONDS:g} s later"]


def _unsound(url: str) -> list[str]:
    """What `quaero db check` finds."""
    command = [sys.executable, "-P", "-c", "from quaero.main import main; main()", "db", "check"]
    variables = {**os.environ, "QUAERO_DATABASE": url}
    with tempfile.TemporaryDirectory() as folder:
        checked = subprocess.run(
            command, capture_output=True, text=True, check=False, env=variables, cwd=folder
        )
    return [] if checked.returncode == 0 else [f"quaero db check: {checked.stdout}{checked.stderr}"]


def _print_cell(cell: Cell) -> None:
    course, back = cell.course, cell.course.seconds_to_recover
    print(f"{cell.fault.name}, {cell.load}: {'passed' if cell.passed else 'FAILED'}  ({cell.fault.what})")
    print(f"  rate before {short(course.before)} a second; during {course.during:.0%} of it")
    print(
        f"  within {WITHIN_SECONDS} s after it {course.reached:.0%} reached, {course.after:.0%} on average;"
        f" back {'never' if back is None else f'{back:.1f} s'} after its end (it lasted"
        f" {course.ended - course.began:.1f} s)"
    )
    print(
        f"  {cell.children:,} children, {cell.anew} of them begun anew; {'; '.join(cell.complaints) or 'exact'}"
    )
    print(f"  |{course.line}|", flush=True)


def _as_object(cell: Cell) -> dict[str, object]:
    course = cell.course
    return {
        "fault": cell.fault.name,
        "load": cell.load,
        "passed": cell.passed,
        "rate_before": course.before,
        "share_during": course.during,
        "share_reached": course.reached,
        "share_after": course.after,
        "seconds_to_recover": course.seconds_to_recover,
        "fault_seconds": course.ended - course.began,
        "children": cell.children,
        "begun_anew": cell.anew,
        "complaints": cell.complaints,
        "rates": course.rates,
    }


def _by_fault(cells: Sequence[Cell]) -> Iterator[Cell]:
    for fault in FAULTS:
        yield from (cell for cell in cells if cell.fault is fault)


def _chart(cell: Cell) -> Chart:
    course = cell.course
    return Chart(f"{cell.fault.name}, {cell.load}", course.rates, course.began, course.ended, course.before)


if __name__ == "__main__":
    sys.exit(main())
