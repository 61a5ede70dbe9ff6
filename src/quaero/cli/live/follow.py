"""Follows a run to its end and shows it on the way."""

import asyncio
import time
from collections import deque

from quaero.cli.live.frame import View, take_frame
from quaero.jobs.engine import Engine
from quaero.jobs.summary import RunSummary
from quaero.models.event import JobStatusChange
from quaero.models.job import JobState

FRAME_SECONDS = 0.2
PAUSES = 5
"""Looking takes a sixth of the time at the most, however large the store is: the work comes first."""
MOST_FAILURES = 20
"""Failures told of one by one between two frames; all of them are counted and grouped at the end."""


async def follow(engine: Engine, run_id: int, view: View) -> RunSummary:
    """Show the run until it has ended; how it ended."""
    seen = (await engine.store.run(run_id)).last_event
    failed_ids: deque[int] = deque(maxlen=MOST_FAILURES)
    if not (await engine.store.job(run_id)).state.final:
        listener = asyncio.create_task(_listen(engine, run_id, seen, failed_ids))
        try:
            while not listener.done():
                began = time.monotonic()
                await _show(engine, run_id, view, failed_ids)
                pause = max(FRAME_SECONDS, (time.monotonic() - began) * PAUSES)
                await asyncio.wait({listener}, timeout=pause)
            listener.result()
        finally:
            listener.cancel()
    return await _show(engine, run_id, view, failed_ids)


async def _listen(engine: Engine, run_id: int, after: int, failed_ids: deque[int]) -> None:
    async for event in engine.hub.follow(run_id, after):
        if event.type == JobStatusChange.type and event.data["after"] == JobState.FAILED:
            failed_ids.append(event.job_id)


async def _show(engine: Engine, run_id: int, view: View, failed_ids: deque[int]) -> RunSummary:
    taken = tuple(failed_ids)
    failed_ids.clear()
    frame = await take_frame(engine, run_id, taken, running=view.wants_running)
    view.show(frame)
    return frame.summary
