"""`quaero jobs bulk`: one thing done to all jobs that match."""

import sys
import time
from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.job_filters import job_filters
from quaero.cli.launch_options import priority as priority_number
from quaero.cli.options import as_json
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json, print_table
from quaero.models.errors import UsageError
from quaero.views.job_shapes import preview_json, run_json
from quaero.views.text import one_line

if TYPE_CHECKING:
    from quaero.jobs.bulk import Bulk
    from quaero.jobs.engine import Engine
    from quaero.jobs.summary import RunSummary
    from quaero.models.bulk import Operation, Tally
    from quaero.store.reads import JobFilter, Preview

OPERATIONS = ("cancel", "retry", "delete", "pause", "resume", "priority")


@click.command(cls=Command)
@click.argument("operation", type=click.Choice(OPERATIONS))
@job_filters
@click.option("--all", "everything", is_flag=True, help="Without any filter.")
@click.option(
    "--priority", type=priority_number, metavar="N|high|normal|low", help="Of the operation priority."
)
@click.option("--documents", is_flag=True, help="Of the operation delete: the documents of the runs, too.")
@click.option("--expect", metavar="N", type=click.IntRange(0), help="Only if so many jobs match.")
@click.option("--dry-run", is_flag=True, help="Only tell how many jobs match, and the first ten.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@pass_session
def bulk_operation(
    session: Session,
    operation: str,
    wanted: "JobFilter",
    everything: bool,
    priority: int | None,
    documents: bool,
    expect: int | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Cancel, retry, delete, pause, resume or prioritise all jobs that `jobs list` shows with the same filters.

    FILTER is as in `quaero jobs list`. Each is done on its own; those that refuse are counted. A retry puts jobs back
    into the queue.
    """
    from quaero.jobs.bulk import Bulk
    from quaero.models.bulk import Operation
    from quaero.store.reads import JobFilter

    if (wanted == JobFilter()) is not everything:
        what = "--all does not go with a filter" if everything else "which jobs?"
        raise UsageError(what, remedy="See: quaero jobs bulk --help" if everything else "Say it, or --all")
    what_to_do = Bulk(operation=Operation(operation), wanted=wanted, priority=priority, documents=documents)
    found = session.ask(lambda engine: _preview(engine, what_to_do, expect))
    if dry_run:
        _tell(found, what_to_do.operation, as_json=as_json)
        return 0
    if not found.total:
        click.echo("no job matches", err=True)
        if as_json:
            print_json({"operation": operation, "total": 0, "jobs": []})
        return 0
    if not yes and not _confirmed(operation, found.total):
        click.echo("nothing was changed", err=True)
        return 1
    return _do(session, what_to_do, expect, as_json=as_json)


async def _preview(engine: "Engine", what: "Bulk", expect: int | None) -> "Preview":
    from quaero.jobs.bulk import preview_bulk

    return await preview_bulk(engine.control, what, expect=expect)


def _confirmed(operation: str, count: int) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            f"{operation} {_jobs(count)}? There is no terminal to ask at",
            remedy="Add --yes, or look with --dry-run",
        )
    return click.confirm(f"{operation} {_jobs(count)}?", default=False, err=True)


def _do(session: Session, what: "Bulk", expect: int | None, *, as_json: bool) -> int:
    from quaero.cli.live.view import view_for
    from quaero.cli.running import finish, work_off
    from quaero.jobs.bulk import launch_bulk, tally_of

    view = view_for(as_json=as_json)

    async def work(engine: "Engine") -> "tuple[RunSummary, Tally]":
        engine.registry.load()
        run_id = await launch_bulk(engine.control, what, expect=expect)
        summary = await work_off(engine, run_id, view)
        return summary, await tally_of(engine.control, run_id)

    summary, tally = session.ask(work)
    run = summary.job
    if not run.state.final:
        return finish(session, run.id, [summary], as_json=as_json)
    if as_json:
        result = {"operation": str(what.operation), "done": tally.done, "others": tally.others}
        print_json(run_json(summary, int(time.time() * 1000)) | {"bulk": result})
    else:
        click.echo(str(tally))
        if tally.others:
            click.echo(f"what refused, and why: {session.command(f'jobs logs {run.id}')}")
        if run.error:
            click.echo(f"run {run.id} {run.state}: {one_line(run.error)}")
        if what.operation == "retry" and tally.done:
            click.echo(f"work them off: {session.command('worker --until-idle')}")
    return 0 if run.state == "completed" else 1


def _tell(found: "Preview", operation: "Operation", *, as_json: bool) -> None:
    if as_json:
        print_json(preview_json(operation, found))
        return
    click.echo(f"{operation}: {_jobs(found.total)}")
    if found.first:
        rows = [(str(job.id), str(job.state), job.kind, job.type, job.name) for job in found.first]
        print_table(("id", "status", "kind", "type", "name"), rows)
    if found.total > len(found.first):
        click.echo(f"… {found.total - len(found.first)} more")


def _jobs(count: int) -> str:
    return f"{count} job{'' if count == 1 else 's'}"
