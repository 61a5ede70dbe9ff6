"""Works off a run in this process, shows it, and tells how it ended."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias

import click

from quaero.cli.live.follow import follow
from quaero.cli.live.frame import View, take_frame
from quaero.cli.live.view import view_for
from quaero.cli.report import next_lines, outcome_lines
from quaero.cli.session import Session
from quaero.cli.shapes import run_json
from quaero.cli.stopping import EXIT_CODE, stop_signal
from quaero.cli.text import print_json
from quaero.jobs.engine import Engine
from quaero.jobs.summary import RunSummary
from quaero.models.definition import JobDefinition
from quaero.models.job import JobState

PickRun: TypeAlias = Callable[[Engine, View], Awaitable[int]]


def run_to_end(session: Session, pick: PickRun, *, as_json: bool) -> int:
    """Work off the run that `pick` chooses or starts, show it, tell how it ended; the exit code."""
    view = view_for(as_json=as_json)

    async def work(engine: Engine) -> RunSummary:
        return await work_off(engine, await pick(engine, view), view)

    return finish(session, session.ask(work), as_json=as_json)


async def start_or_resume(engine: Engine, definition: JobDefinition, view: View) -> int:
    """The definition's run that has not ended, or a new one."""
    engine.registry.load()
    open_run = await engine.store.open_run(definition.id)
    if open_run is None:
        return await engine.control.launch(definition)
    view.say(f"resuming run {open_run}")
    return open_run


async def work_off(engine: Engine, run_id: int, view: View) -> RunSummary:
    """Execute the jobs of the run until it has ended, or until a person interrupts: then it is still open."""
    with stop_signal(view.close) as stop:
        try:
            async with engine.working(root_id=run_id) as work:
                await _first_of(follow(engine, run_id, view), work.failure(), stop.wait())
            frame = await take_frame(engine, run_id, (), running=False)
            if not frame.summary.job.state.final:
                view.show(frame)  # how far it came
        finally:
            view.close()
        return frame.summary


def finish(session: Session, summary: RunSummary, *, as_json: bool) -> int:
    """Tell how the work on a run ended; the exit code."""
    run = summary.job
    if as_json:
        print_json(run_json(summary, int(time.time() * 1000)))
    if not run.state.final:
        remedy = f"Go on with: {session.command(f'jobs resume {run.id}')}"
        click.echo(f"interrupted: run {run.id} can be resumed. {remedy}", err=as_json)
        return EXIT_CODE
    if not as_json:
        for line in (*outcome_lines(summary), *next_lines(session, summary)):
            click.echo(line)
    return 0 if run.state is JobState.COMPLETED else 1


async def _first_of(*awaitables: Coroutine[Any, Any, object]) -> None:
    """Wait for the first to end, stop the others, and raise its error if it failed."""
    tasks = [asyncio.create_task(each) for each in awaitables]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
