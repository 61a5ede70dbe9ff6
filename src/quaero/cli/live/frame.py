"""What is shown of a run at one moment."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from quaero.jobs.engine import Engine
from quaero.jobs.summary import RunSummary
from quaero.models.job import Job, JobKind
from quaero.views.notes import Note

MOST_RUNNING = 30
"""No terminal shows more running jobs than that in a useful way."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A run with some of its running children, and the children that failed since the frame before.

    `at` is in seconds of the monotonic clock, `now_ms` the time of the clock on the wall. `notes`: what holds it back.
    """

    at: float
    now_ms: int
    summary: RunSummary
    running: tuple[Job, ...] = ()
    failed: tuple[Job, ...] = ()
    notes: tuple[Note, ...] = ()


class View(Protocol):
    """A way to show runs, one after the other."""

    wants_running: bool
    """Whether it shows the running jobs: looking for them costs."""

    def say(self, text: str) -> None:
        """Tell something before the first frame."""
        ...

    def show(self, frame: Frame) -> None:
        """Show how things stand; the last frame of a run shows its end."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was. May be called at any moment, and again."""
        ...


async def take_frame(
    engine: Engine, run_id: int, failed_ids: Sequence[int], *, running: bool, notes: tuple[Note, ...] = ()
) -> Frame:
    """A frame of the run as it is stored now."""
    summary = await engine.control.summary(run_id)
    jobs = [await engine.store.job(job_id) for job_id in failed_ids]
    failed = tuple(job for job in jobs if job.kind is JobKind.CHILD)
    busy = running and not summary.job.state.final
    shown = await engine.store.running(run_id, limit=MOST_RUNNING) if busy else ()
    return Frame(time.monotonic(), int(time.time() * 1000), summary, shown, failed, notes)
