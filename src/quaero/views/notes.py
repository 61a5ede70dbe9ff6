"""Why a run does not go on: what a person may want to know beside its tree."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from quaero.jobs.attendance import attendance
from quaero.jobs.engine import Engine
from quaero.models.job import Job, JobState
from quaero.models.measures import seconds_text
from quaero.store.transitions.gates import Gate
from quaero.views.text import gate_text, local_time, one_line

Spell: TypeAlias = Callable[[str], str]
"""Makes of `jobs list` the command as it must be typed to use the same database."""


@dataclass(frozen=True, slots=True)
class Note:
    """`kind` stays the same while `text` counts down."""

    kind: str
    text: str


async def notes_of(engine: Engine, run: Job, spell: Spell) -> tuple[Note, ...]:
    """What holds a run back; nothing for one that has ended, or that goes on as it should."""
    if run.state.final:
        return ()
    if run.state is JobState.PAUSED:
        return (Note("paused", f"paused. Let it go on: {spell(f'jobs resume {run.id}')}"),)
    notes = []
    if run.state is JobState.WAITING:
        notes.append(await _waits(engine, run))
    else:
        notes += _held(run, await engine.store.pending_types(run.id), await engine.store.gates(), spell)
    if run.started_at is None and (left := run.run_at - time.time() * 1000) > 0:
        notes.append(Note("planned", f"starts in {seconds_text(left / 1000)}, at {local_time(run.run_at)}"))
    return (*notes, *await _unattended(engine, run, spell))


async def _waits(engine: Engine, run: Job) -> Note:
    together = await engine.store.chain(run.id)
    for run_id in reversed(together[: together.index(run.id)]):
        before = await engine.store.job(run_id)
        if not before.state.final:
            return Note("waits", f"waits for run {before.id}: {one_line(before.name)}")
    return Note("waits", "waits for its turn")


def _held(run: Job, types: tuple[str, ...], gates: tuple[Gate, ...], spell: Spell) -> Iterator[Note]:
    concerned = {("all", ""), ("definition", run.type), *(("type", type_) for type_ in types)}
    for gate in gates:
        if gate.paused and (gate.scope, gate.key) in concerned:
            option = one_line(f"--{gate.scope} {gate.key}")
            text = (
                f"{gate_text(gate.scope, gate.key)} is paused. Let it go on: {spell(f'jobs resume {option}')}"
            )
            yield Note(f"gate {option}", text)


async def _unattended(engine: Engine, run: Job, spell: Spell) -> tuple[Note, ...]:
    found = await attendance(engine.store, run.id)
    if not found.processes:
        here = f"go on with it here: {spell(f'jobs resume {run.id}')}"
        return (Note("nobody", f"nobody works on it. Start a worker: {spell('worker')}; or {here}"),)
    if not found.missing:
        return ()
    names = ", ".join(map(one_line, found.missing))
    known = {*engine.registry.managers, *engine.registry.workers}
    start = f"start one: {spell('worker')}"
    if not known.issuperset(found.missing):
        start = f"install the package that brings it, then {start}"
    return (Note("missing", f"no worker for {names}: {start}"),)
