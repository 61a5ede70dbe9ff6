"""Follows a run to its end and shows it on the way."""

import asyncio
import time
from collections import deque

from quaero.cli.live.frame import View, take_frame
from quaero.jobs.engine import Engine
from quaero.jobs.summary import RunSummary
from quaero.models.event import JobStatusChange
from quaero.models.job import JobState
from quaero.views.notes import Note, Spell, notes_of

FRAME_SECONDS = 0.2
PAUSES = 5
"""Looking takes a sixth of the time at the most, however large the store is: the work comes first."""
NOTE_SECONDS = 1.0
MOST_FAILURES = 20
"""Failures told of one by one between two frames; all of them are counted and grouped at the end."""


async def follow(engine: Engine, run_id: int, view: View, spell: Spell) -> RunSummary:
    """Show the run until it has ended; how it ended."""
    seen = (await engine.store.run(run_id)).last_event
    shown = _Shown(engine, run_id, view, spell)
    if not (await engine.store.job(run_id)).state.final:
        listener = asyncio.create_task(_listen(engine, run_id, seen, shown.failed_ids))
        try:
            while not listener.done():
                began = time.monotonic()
                await shown.refresh()
                pause = max(FRAME_SECONDS, (time.monotonic() - began) * PAUSES)
                await asyncio.wait({listener}, timeout=pause)
            listener.result()
        finally:
            listener.cancel()
    return await shown.refresh()


async def _listen(engine: Engine, run_id: int, after: int, failed_ids: deque[int]) -> None:
    async for event in engine.hub.follow(run_id, after):
        if event.type == JobStatusChange.type and event.data["after"] == JobState.FAILED:
            failed_ids.append(event.job_id)


class _Shown:
    """The run as its view has it."""

    def __init__(self, engine: Engine, run_id: int, view: View, spell: Spell) -> None:
        self._engine, self._run_id, self._view, self._spell = engine, run_id, view, spell
        self.failed_ids: deque[int] = deque(maxlen=MOST_FAILURES)
        self._notes: tuple[Note, ...] = ()
        self._noted_at = float("-inf")
        self._state: JobState | None = None

    async def refresh(self) -> RunSummary:
        run = await self._engine.store.job(self._run_id)
        if run.state != self._state or time.monotonic() - self._noted_at >= NOTE_SECONDS:
            self._notes = await notes_of(self._engine, run, self._spell)
            self._state, self._noted_at = run.state, time.monotonic()
        failed = tuple(self.failed_ids)
        self.failed_ids.clear()
        frame = await take_frame(
            self._engine, self._run_id, failed, running=self._view.wants_running, notes=self._notes
        )
        self._view.show(frame)
        return frame.summary
