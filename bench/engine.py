"""What the job system costs on SQLite: each figure beside the same work by bare statements, in the same rounds.

A job has everything on: leases, fencing, its parent's accounting, events, durable commits. `--peers` adds huey,
installed into an environment of its own; `--growth` adds a store with a million finished jobs, which takes minutes.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from support import engine_measures, raw
from support.figures import Figure, Measure, interleaved, print_figures, ratio_of_best
from support.growth import growth
from support.peers import PeerMissingError

Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured. `single`: jobs drained one by one; `closes`: small runs of which only the end counts."""

    rounds: int
    jobs: int
    single: int
    children: int
    closes: int
    pickups: int
    huey_tasks: int
    finished: int


_FULL: Final = Sizes(9, 20_000, 1_000, 10_000, 20, 300, 5_000, 1_000_000)
_QUICK: Final = Sizes(1, 2_000, 100, 1_000, 3, 20, 500, 10_000)


def main() -> int:
    options = _options()
    sizes = _QUICK if options.quick else _FULL
    try:
        figures = _figures(sizes, peers=options.peers, grow=options.growth)
    except (PeerMissingError, subprocess.CalledProcessError) as error:
        print(f"engine: {error}", file=sys.stderr)
        return 1
    print_figures(figures, as_json=options.json)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the job system on SQLite.")
    parser.add_argument(
        "--quick", action="store_true", help="one small round: whether it works, not how fast"
    )
    parser.add_argument("--peers", action="store_true", help="also huey; downloads it the first time")
    parser.add_argument(
        "--growth", action="store_true", help="also with a million finished jobs; takes minutes"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object of medians")
    return parser.parse_args()


def _figures(sizes: Sizes, *, peers: bool, grow: bool) -> dict[str, Figure]:
    measures = [
        _plain(raw.rates, sizes.jobs, sizes.single),
        _async(engine_measures.rates, sizes.jobs),
        _plain(raw.parent, sizes.children),
        _async(engine_measures.parent, sizes.children, sizes.closes),
        _plain(raw.pickups, sizes.pickups),
        _async(engine_measures.pickups, sizes.pickups),
    ]
    if peers:
        measures.append(_plain(engine_measures.huey, sizes.huey_tasks))
    figures = interleaved(sizes.rounds, measures)
    figures["enqueue_ratio"] = ratio_of_best(
        figures, "enqueue_jobs_per_second", "raw_enqueue_jobs_per_second"
    )
    figures["drain_ratio"] = ratio_of_best(figures, "drain_jobs_per_second", "raw_batched_jobs_per_second")
    if grow:
        figures |= interleaved(1, [_async(growth, sizes.finished)])
    return figures


def _plain(measure: Callable[..., Figures], *sizes: int) -> Measure:
    """The measure with a new database file for each round."""

    def measured() -> Figures:
        with tempfile.TemporaryDirectory(prefix="quaero-bench-") as folder:
            return measure(Path(folder) / "bench.db", *sizes)

    return measured


def _async(measure: Callable[..., Coroutine[Any, Any, Figures]], *sizes: int) -> Measure:
    return _plain(lambda path, *inner: asyncio.run(measure(path, *inner)), *sizes)


if __name__ == "__main__":
    sys.exit(main())
