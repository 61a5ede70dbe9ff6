"""Works off runs in this process, shows them, and tells how they ended."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import click

from quaero.cli.live.follow import follow
from quaero.cli.live.frame import View, take_frame
from quaero.cli.live.view import view_for
from quaero.cli.report import next_lines, outcome_lines
from quaero.cli.session import Session
from quaero.cli.stopping import EXIT_CODE, Stop, first_of, stop_signal
from quaero.cli.text import print_json
from quaero.jobs.engine import Engine
from quaero.jobs.summary import RunSummary
from quaero.models.definition import JobDefinition
from quaero.models.errors import ConflictError
from quaero.models.job import JobState
from quaero.views.job_shapes import RunShape, run_json
from quaero.views.notes import Spell
from quaero.views.text import one_line

PickRun: TypeAlias = Callable[[Engine, View], Awaitable[int | None]]


def run_to_end(session: Session, pick: PickRun, *, as_json: bool) -> int:
    """Work off the run that `pick` chooses or starts, with those before and after it; show it; the exit code.

    `pick` may choose none, when others do the work; then it has told so.
    """
    view = view_for(as_json=as_json)

    async def work(engine: Engine) -> tuple[int | None, list[RunSummary]]:
        run_id = await pick(engine, view)
        return run_id, [] if run_id is None else await _work_off_chain(engine, run_id, view, session.command)

    run_id, summaries = session.ask(work)
    return 0 if run_id is None else finish(session, run_id, summaries, as_json=as_json)


async def start_or_resume(engine: Engine, definition: JobDefinition, view: View, *, priority: int = 0) -> int:
    """The definition's run that has not ended, or a new one."""
    engine.registry.load()
    open_run = await engine.store.open_run(definition.id)
    if open_run is None:
        return await engine.control.launch(definition, priority=priority)
    if (await engine.store.job(open_run)).state is JobState.PAUSED:
        raise ConflictError(
            f"run {open_run} of this definition is paused",
            where=definition.id,
            remedy=f"Let it go on: quaero jobs resume {open_run}",
        )
    view.say(f"resuming run {open_run}")
    return open_run


async def work_off(engine: Engine, run_id: int, view: View) -> RunSummary:
    """Execute the jobs of the run until it has ended, or until a person interrupts: then it is still open."""
    with stop_signal(view.close) as stop:
        return await _work_off(engine, run_id, view, "quaero {}".format, stop)


def finish(session: Session, run_id: int, summaries: Sequence[RunSummary], *, as_json: bool) -> int:
    """Tell how the work on a run, and on those before and after it, ended; the exit code."""
    if as_json:
        print_json(_json(run_id, summaries))
    if not all(summary.job.state.final for summary in summaries):
        remedy = f"Go on with: {session.command(f'jobs resume {run_id}')}"
        click.echo(f"interrupted: run {run_id} can be resumed. {remedy}", err=as_json)
        return EXIT_CODE
    if not as_json:
        for line in _lines(session, summaries):
            click.echo(line)
    return 0 if all(summary.job.state is JobState.COMPLETED for summary in summaries) else 1


async def _work_off_chain(engine: Engine, run_id: int, view: View, spell: Spell) -> list[RunSummary]:
    """Work off, in their order, the run and those that were launched with it, except what had ended before."""
    together = await engine.store.chain(run_id)
    wanted = [each for each in together if each == run_id or not (await engine.store.job(each)).state.final]
    with stop_signal(view.close) as stop:
        return [
            await (
                engine.control.summary(each) if stop.is_set() else _work_off(engine, each, view, spell, stop)
            )
            for each in wanted
        ]


async def _work_off(engine: Engine, run_id: int, view: View, spell: Spell, stop: Stop) -> RunSummary:
    try:
        if (await engine.store.job(run_id)).state.final:
            return await follow(engine, run_id, view, spell)
        async with engine.working(root_id=run_id) as work:
            await first_of(follow(engine, run_id, view, spell), work.failure(), stop.wait())
        frame = await take_frame(engine, run_id, (), running=False)
        if stop.is_set():
            view.show(frame)  # how far it came
        return frame.summary
    finally:
        view.close()


def _lines(session: Session, summaries: Sequence[RunSummary]) -> list[str]:
    lines: list[str] = []
    for summary in summaries:
        if len(summaries) > 1:
            lines.append(f"run {summary.job.id}, {one_line(summary.job.name)}: {summary.job.state}")
        lines += outcome_lines(summary)
        lines += [line for line in next_lines(session, summary) if line not in lines]
    return lines


def _json(run_id: int, summaries: Sequence[RunSummary]) -> RunShape:
    """The run; with `before` and `after` it when there are such runs."""
    now = int(time.time() * 1000)
    place = [summary.job.id for summary in summaries].index(run_id)
    shape = run_json(summaries[place], now)
    if len(summaries) > 1:
        shape["before"] = [run_json(summary, now) for summary in summaries[:place]]
        shape["after"] = [run_json(summary, now) for summary in summaries[place + 1 :]]
    return shape
