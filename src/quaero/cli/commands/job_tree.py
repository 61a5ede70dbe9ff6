"""`quaero jobs tree`."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import MOST_ITEMS, as_json, job_id, refuse_json, watch
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json
from quaero.views.shapes import Json, job_json
from quaero.views.text import one_line

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.jobs.summary import RunSummary, StepSummary
    from quaero.models.job import Job
    from quaero.store.reads import Process
    from quaero.views.job_view import JobView


@dataclass(frozen=True, slots=True)
class Tree:
    """A run with its steps and the first children of each."""

    summary: "RunSummary"
    run: "JobView"
    children: "tuple[tuple[StepSummary, tuple[Job, ...]], ...]"
    workers: "dict[int, Process]"
    hints: tuple[str, ...]


@click.command(cls=Command)
@job_id
@click.option(
    "--limit",
    type=click.IntRange(0, MOST_ITEMS),
    default=20,
    show_default=True,
    help="Jobs to show of each step.",
)
@watch
@as_json
@pass_session
def show_tree(session: Session, job_id: int, limit: int, watch: bool, as_json: bool) -> int:
    """Show a run with its steps and their jobs. ID may be any job of the run.

    With --watch it is shown like a run that is worked off here, until it has ended; then the exit code is 0 if it
    completed, else 1.
    """
    if watch:
        refuse_json(as_json)
        return session.ask(lambda engine: _keep_shown(engine, job_id, session))
    tree = session.ask(lambda engine: _tree(engine, job_id, limit, session))
    if as_json:
        print_json(_tree_json(tree))
        return 0
    for line in _tree_lines(tree):
        click.echo(line)
    return 0


async def _keep_shown(engine: "Engine", job_id: int, session: Session) -> int:
    from quaero.cli.live.follow import follow
    from quaero.cli.live.view import view_for
    from quaero.models.job import JobState

    view = view_for(as_json=False)
    try:
        summary = await follow(engine, (await engine.control.run_of(job_id)).id, view, session.command)
    finally:
        view.close()
    return 0 if summary.job.state is JobState.COMPLETED else 1


async def _tree(engine: "Engine", job_id: int, limit: int, session: Session) -> Tree:
    from quaero.store.reads import JobFilter
    from quaero.views.job_view import view_of, workers_of
    from quaero.views.notes import notes_of

    run = await engine.control.run_of(job_id)
    summary = await engine.control.summary(run.id)
    children = []
    for step in summary.steps:
        # No page is smaller than one job, but a person may want to see the steps alone.
        page = await engine.store.jobs(
            JobFilter(parent_id=step.job.id), limit=max(limit, 1), oldest_first=True
        )
        children.append((step, page.items[:limit]))
    notes = await notes_of(engine, summary.job, session.command)
    return Tree(
        summary,
        await view_of(engine.store, run.id),
        tuple(children),
        await workers_of(engine.store, [job for step, jobs in children for job in (step.job, *jobs)]),
        tuple(note.text for note in notes),
    )


def _tree_json(tree: Tree) -> Json:
    from quaero.views.job_view import JobView

    steps = [
        job_json(_step_view(tree, step))
        | {"jobs": [job_json(JobView(job, worker=tree.workers.get(job.id))) for job in jobs]}
        for step, jobs in tree.children
    ]
    return job_json(tree.run) | {"steps": steps, "hints": list(tree.hints)}


def _step_view(tree: Tree, step: "StepSummary") -> "JobView":
    from quaero.views.job_view import JobView, standing

    worker = tree.workers.get(step.job.id)
    return JobView(step.job, standing([(step.job, step.progress)], tree.summary.job), worker=worker)


def _tree_lines(tree: Tree) -> list[str]:
    from quaero.views.job_view import JobView

    words = replace(tree.run, standing=None).details()
    lines = [_line(tree.summary.job, f"  ({', '.join(words)})" if words else "")]
    lines += [f"   {hint}" for hint in tree.hints]
    for number, (step, jobs) in enumerate(tree.children, 1):
        last = number == len(tree.children)
        counts = step.progress.counts
        details = _step_view(tree, step).details()
        text = f"  {', '.join(details)}" if details else ""
        lines.append(f"{'└─' if last else '├─'} {_line(step.job, text)}")
        rail = "   " if last else "│  "
        for job in jobs:
            details = JobView(job).details()
            text = f"  ({', '.join(details)})" if details else ""
            lines.append(f"{rail}   {'  ' * job.depth}{_line(job, text)}")
        if counts.total > len(jobs):
            lines.append(f"{rail}   … {counts.total - len(jobs)} more")
    return lines


def _line(job: "Job", text: str) -> str:
    error = f"  {one_line(job.error)}" if job.error else ""
    note = f"  {one_line(job.note)}" if job.note else ""
    return f"{job.id} {job.state} {one_line(job.name)}{text}{error or note}"
