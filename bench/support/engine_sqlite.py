"""What is measured of the job system on SQLite, and beside what."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from support import engine_measures, raw
from support.databases import files, round_of
from support.figures import Figure, Measure, interleaved, ratio_of_best
from support.growth import growth
from support.sizes import Sizes

Figures = Mapping[str, float]


def figures(sizes: Sizes, *, peers: bool, grow: bool) -> dict[str, Figure]:
    """All figures of the rounds."""
    measures = [
        round_of(files, raw.rates, sizes.jobs, sizes.single),
        _async(engine_measures.rates, sizes.jobs),
        round_of(files, raw.parent, sizes.children),
        _async(engine_measures.parent, sizes.children, sizes.closes),
        round_of(files, raw.pickups, sizes.pickups),
        _async(engine_measures.pickups, sizes.pickups),
    ]
    if peers:
        measures.append(round_of(files, engine_measures.huey, sizes.huey_tasks))
    found = interleaved(sizes.rounds, measures)
    found["enqueue_ratio"] = ratio_of_best(found, "enqueue_jobs_per_second", "raw_enqueue_jobs_per_second")
    found["drain_ratio"] = ratio_of_best(found, "drain_jobs_per_second", "raw_batched_jobs_per_second")
    if grow:
        with files() as few, files() as many:
            found |= interleaved(1, [lambda: asyncio.run(growth(few, many, sizes.finished))])
    return found


def _async(measure: Callable[..., Coroutine[Any, Any, Figures]], *sizes: int) -> Measure:
    return round_of(files, lambda path, *inner: asyncio.run(measure(path, *inner)), *sizes)
