"""Works off a run in this process, shows it, and tells how it ended."""

import asyncio
import time
from dataclasses import dataclass

import click

from quaero.cli.live.follow import follow
from quaero.cli.live.frame import View
from quaero.cli.live.view import view_for
from quaero.cli.report import report
from quaero.cli.session import Session
from quaero.cli.shapes import run_json
from quaero.cli.stopping import EXIT_CODE, stop_signal
from quaero.cli.text import print_json
from quaero.jobs.engine import Engine
from quaero.jobs.summary import RunSummary
from quaero.models.definition import JobDefinition
from quaero.models.job import JobState


@dataclass(frozen=True, slots=True)
class Ended:
    """How the work on a run ended here; `interrupted`: a person stopped it, the run can go on later."""

    summary: RunSummary
    interrupted: bool


async def start_or_resume(engine: Engine, definition: JobDefinition, view: View) -> int:
    """The definition's run that has not ended, or a new one."""
    open_run = await engine.store.open_run(definition.id)
    if open_run is None:
        return await engine.control.launch(definition)
    view.say(f"resuming run {open_run}")
    return open_run


async def work_off(engine: Engine, run_id: int, view: View) -> Ended:
    """Execute the jobs of the run until it has ended or a person interrupts."""
    with stop_signal(view.close) as stop:
        try:
            async with engine.working(root_id=run_id) as work:
                following = asyncio.create_task(follow(engine, run_id, view))
                failing = asyncio.create_task(work.failure())
                stopping = asyncio.create_task(stop.wait())
                await _first_of(following, failing, stopping)
        finally:
            view.close()
        return Ended(await engine.control.summary(run_id), interrupted=not following.done() or following.cancelled())


async def _first_of(*tasks: "asyncio.Task[object]") -> None:
    """Wait for the first task to end, end the others, and raise its error if it failed."""
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def finish(session: Session, ended: Ended, *, as_json: bool) -> int:
    """Tell how a run ended; the exit code."""
    run = ended.summary.job
    if as_json:
        print_json(run_json(ended.summary, int(time.time() * 1000)))
    if ended.interrupted:
        remedy = f"Go on with: {session.command(f'jobs resume {run.id}')}"
        click.echo(f"interrupted: run {run.id} can be resumed. {remedy}", err=as_json)
        return EXIT_CODE
    if not as_json:
        report(session, ended.summary)
    return 0 if run.state is JobState.COMPLETED else 1


def work_off_definition() -> None: ...
