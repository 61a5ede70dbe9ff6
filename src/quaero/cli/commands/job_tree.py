"""`quaero jobs tree`."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import MOST_ITEMS, as_json, job_id, refuse_json, watch
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json
from quaero.views.text import one_line

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.models.job import Job
    from quaero.views.job_tree import Tree


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
    from quaero.views.job_tree import tree_json, tree_of

    tree = session.ask(lambda engine: tree_of(engine, job_id, limit, session.command))
    if as_json:
        print_json(tree_json(tree))
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


def _tree_lines(tree: "Tree") -> list[str]:
    from quaero.views.job_view import JobView

    words = replace(tree.run, standing=None).details()
    lines = [_line(tree.summary.job, f"  ({', '.join(words)})" if words else "")]
    lines += [f"   {hint}" for hint in tree.hints]
    for number, (step, jobs) in enumerate(tree.children, 1):
        last = number == len(tree.children)
        counts = step.progress.counts
        details = tree.step_view(step).details()
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
