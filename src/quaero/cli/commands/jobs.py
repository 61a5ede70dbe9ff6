"""`quaero jobs list`, `show`, `tree`, `logs`: looking."""

from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import LARGEST_ID, as_json, job_id, page, print_next_page
from quaero.cli.session import Session, pass_session
from quaero.cli.shapes import job_json, line_json, listing
from quaero.cli.text import local_time, one_line, print_json, print_table, printable

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.models.job import Job
    from quaero.models.progress import Progress
    from quaero.store.reads import JobFilter, JobPage, StoredLine

STATES = ("waiting", "pending", "running", "paused", "completed", "failed", "cancelled", "skipped")
LEVELS = ("debug", "info", "warning", "error")


@click.command(cls=Command)
@click.option(
    "--state", "states", multiple=True, type=click.Choice(STATES), help="Only these; may be repeated."
)
@click.option("--type", "type_", metavar="TYPE", help="Only this type, for example crawler_url.")
@click.option("--definition", metavar="ID", help="Only jobs of runs of this definition.")
@click.option(
    "--run", "run_id", metavar="ID", type=click.IntRange(1, LARGEST_ID), help="Only jobs of this run."
)
@click.option("--root", is_flag=True, help="Only runs, not the jobs below them.")
@page
@as_json
@pass_session
def list_jobs(
    session: Session,
    states: tuple[str, ...],
    type_: str | None,
    definition: str | None,
    run_id: int | None,
    root: bool,
    limit: int,
    cursor: int | None,
    as_json: bool,
) -> None:
    """List jobs, newest first."""
    from quaero.models.job import JobKind, JobState
    from quaero.store.reads import JobFilter

    wanted = JobFilter(
        root_id=run_id,
        kind=JobKind.RUN if root else None,
        states=tuple(map(JobState, states)) or None,
        type=type_,
        definition_id=definition,
    )
    found, counts = session.ask(lambda engine: _jobs(engine, wanted, limit, cursor))
    if as_json:
        items = [job_json(job, counts[job.id]) for job in found.items]
        print_json(listing(items, found.total, found.next_cursor))
        return
    rows = [_row(job, counts[job.id]) for job in found.items]
    print_table(("id", "status", "type", "created", "name"), rows)
    print_next_page(found.next_cursor, len(found.items), found.total)


@click.command(cls=Command)
@job_id
@as_json
@pass_session
def show_job(session: Session, job_id: int, as_json: bool) -> None:
    """Show one job."""
    job, counts = session.ask(lambda engine: _job(engine, job_id))
    shape = job_json(job, counts) | {"note": job.note, "config": dict(job.config)}
    if as_json:
        print_json(shape)
        return
    for key, value in shape.items():
        if value not in (None, {}):
            click.echo(f"{key + ':':<13} {one_line(_written(value))}")


@click.command(cls=Command)
@job_id
@click.option(
    "--level", "levels", multiple=True, type=click.Choice(LEVELS), help="Only these; may be repeated."
)
@page
@as_json
@pass_session
def show_logs(
    session: Session, job_id: int, levels: tuple[str, ...], limit: int, cursor: int | None, as_json: bool
) -> None:
    """Print the log of a job and of everything below it."""
    from quaero.models.outcome import LogLevel

    wanted = tuple(map(LogLevel, levels)) or None

    async def look(engine: "Engine") -> "tuple[StoredLine, ...]":
        await engine.store.job(job_id)
        return await engine.store.log(job_id, levels=wanted, after=cursor or 0, limit=limit + 1)

    found = session.ask(look)
    lines = found[:limit]
    next_cursor = lines[-1].id if len(found) > limit else None
    if as_json:
        print_json(listing(map(line_json, lines), None, next_cursor))
        return
    if not lines:
        click.echo("no log lines", err=True)
    for line in lines:
        for text in line.message.splitlines() or [""]:
            click.echo(f"{local_time(line.at)}  {line.level:<7}  {line.job_id}  {printable(text)}")
    if next_cursor is not None:
        click.echo(f"There are more lines: the same command with --cursor {next_cursor}", err=True)


async def _jobs(
    engine: "Engine", wanted: "JobFilter", limit: int, cursor: int | None
) -> "tuple[JobPage, dict[int, Progress | None]]":
    from quaero.jobs.summary import children_of

    found = await engine.store.jobs(wanted, limit=limit, cursor=cursor)
    return found, {job.id: await children_of(engine.store, job) for job in found.items}


async def _job(engine: "Engine", job_id: int) -> "tuple[Job, Progress | None]":
    from quaero.jobs.summary import children_of

    job = await engine.store.job(job_id)
    return job, await children_of(engine.store, job)


def _row(job: "Job", counts: "Progress | None") -> tuple[str, ...]:
    type_ = job.type if job.kind != "run" else "run"
    name = job.name if counts is None or not counts.total else f"{job.name} ({counts.text})"
    return str(job.id), str(job.state), type_, local_time(job.created_at), name


def _written(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {inner}" for key, inner in value.items())
    return str(value)
