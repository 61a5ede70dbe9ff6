"""`quaero jobs tree`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import MOST_ITEMS, as_json, job_id
from quaero.cli.session import Session, pass_session
from quaero.cli.shapes import Json, job_json
from quaero.cli.text import one_line, print_json

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.jobs.summary import RunSummary, StepSummary
    from quaero.models.job import Job


@dataclass(frozen=True, slots=True)
class Tree:
    """A run with its steps and the first children of each."""

    summary: "RunSummary"
    children: "tuple[tuple[StepSummary, tuple[Job, ...]], ...]"


@click.command(cls=Command)
@job_id
@click.option(
    "--limit",
    type=click.IntRange(0, MOST_ITEMS),
    default=20,
    show_default=True,
    help="Jobs to show of each step.",
)
@as_json
@pass_session
def show_tree(session: Session, job_id: int, limit: int, as_json: bool) -> None:
    """Show a run with its steps and their jobs. ID may be any job of the run."""
    tree = session.ask(lambda engine: _tree(engine, job_id, limit))
    if as_json:
        print_json(_tree_json(tree))
        return
    for line in _tree_lines(tree):
        click.echo(line)


async def _tree(engine: "Engine", job_id: int, limit: int) -> Tree:
    from quaero.store.reads import JobFilter

    run = await engine.control.run_of(job_id)
    summary = await engine.control.summary(run.id)
    children = []
    for step in summary.steps:
        # No page is smaller than one job, but a person may want to see the steps alone.
        page = await engine.store.jobs(
            JobFilter(parent_id=step.job.id), limit=max(limit, 1), oldest_first=True
        )
        children.append((step, page.items[:limit]))
    return Tree(summary, tuple(children))


def _tree_json(tree: Tree) -> Json:
    steps = [
        job_json(step.job, step.progress.counts) | {"jobs": [job_json(job) for job in jobs]}
        for step, jobs in tree.children
    ]
    return job_json(tree.summary.job, tree.summary.children) | {"steps": steps}


def _tree_lines(tree: Tree) -> list[str]:
    lines = [_line(tree.summary.job, "")]
    for number, (step, jobs) in enumerate(tree.children, 1):
        last = number == len(tree.children)
        counts = step.progress.counts
        text = f"  {counts.text}" if counts.total else ""
        lines.append(f"{'└─' if last else '├─'} {_line(step.job, text)}")
        rail = "   " if last else "│  "
        lines += [f"{rail}   {'  ' * job.depth}{_line(job, '')}" for job in jobs]
        if counts.total > len(jobs):
            lines.append(f"{rail}   … {counts.total - len(jobs)} more")
    return lines


def _line(job: "Job", text: str) -> str:
    error = f"  {one_line(job.error)}" if job.error else ""
    note = f"  {one_line(job.note)}" if job.note else ""
    return f"{job.id} {job.state} {one_line(job.name)}{text}{error or note}"
