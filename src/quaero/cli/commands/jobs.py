"""`quaero jobs list`, `show`, `tree`: looking."""

from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.job_filters import job_filters
from quaero.cli.options import as_json, job_id, page, print_next_page, refuse_json, watch
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json, table_lines
from quaero.views.job_shapes import job_json
from quaero.views.shapes import listing
from quaero.views.text import local_time, one_line

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.store.reads import JobFilter, JobPage
    from quaero.views.job_shapes import JobDetailsShape
    from quaero.views.job_view import JobView


@click.command(cls=Command)
@job_filters
@page
@click.option("--wide", is_flag=True, help="Also when it began, how often it was tried, and who executes it.")
@watch
@as_json
@pass_session
def list_jobs(
    session: Session,
    wanted: "JobFilter",
    limit: int,
    cursor: int | None,
    wide: bool,
    watch: bool,
    as_json: bool,
) -> None:
    """List jobs, newest first.

    FILTER says which, in short: 'state:failed type:crawler_url error:"timed out" age:<1d'. All of it must hold, and the
    options with it. The pages and the API understand the same.
    """
    table = _wide_table if wide else _table

    async def keep_looking(engine: "Engine") -> None:
        from quaero.cli.live.changes import keep_shown

        async def look() -> tuple[list[str], bool]:
            _, views = await _jobs(engine, wanted, limit, cursor)
            return table(views), False

        await keep_shown(engine.store, look)

    if watch:
        refuse_json(as_json)
        session.ask(keep_looking)
        return
    found, views = session.ask(lambda engine: _jobs(engine, wanted, limit, cursor))
    if as_json:
        print_json(listing(map(job_json, views), found.total, found.next_cursor))
        return
    for line in table(views):
        click.echo(line)
    print_next_page(found.next_cursor, len(found.items), found.total)


@click.command(cls=Command)
@job_id
@watch
@as_json
@pass_session
def show_job(session: Session, job_id: int, watch: bool, as_json: bool) -> int:
    """Show one job.

    `hints` say what holds it back. With --watch until it has ended; then the exit code is 0 if it completed, else 1.
    """
    from quaero.views.job_details import details_of

    async def keep_looking(engine: "Engine") -> int:
        from quaero.cli.live.changes import keep_shown

        async def look() -> tuple[list[str], bool]:
            job, shape = await details_of(engine, job_id, session.command)
            return _lines_of(shape), job.state.final

        await keep_shown(engine.store, look)
        return 0 if (await engine.store.job(job_id)).state == "completed" else 1

    if watch:
        refuse_json(as_json)
        return session.ask(keep_looking)
    _, shape = session.ask(lambda engine: details_of(engine, job_id, session.command))
    if as_json:
        print_json(shape)
        return 0
    for line in _lines_of(shape):
        click.echo(line)
    return 0


async def _jobs(
    engine: "Engine", wanted: "JobFilter", limit: int, cursor: int | None
) -> "tuple[JobPage, list[JobView]]":
    from quaero.views.job_view import views_of

    found = await engine.store.jobs(wanted, limit=limit, cursor=cursor)
    return found, await views_of(engine.store, found.items)


def _table(views: "list[JobView]") -> list[str]:
    return table_lines(("id", "status", "type", "created", "name"), map(_row, views))


def _row(view: "JobView") -> tuple[str, ...]:
    job, details = view.job, view.details()
    type_ = job.type if job.kind != "run" else "run"
    name = f"{job.name} ({', '.join(details)})" if details else job.name
    return str(job.id), str(job.state), type_, local_time(job.created_at), name


def _wide_table(views: "list[JobView]") -> list[str]:
    head = ("id", "status", "type", "created", "started", "attempt", "worker", "name")
    return table_lines(head, map(_wide_row, views))


def _wide_row(view: "JobView") -> tuple[str, ...]:
    *first, name = _row(view)
    job, worker = view.job, view.worker
    who = "-" if worker is None else f"{worker.role} {worker.pid} on {worker.host}"
    return *first, local_time(job.started_at), str(job.attempt), who, name


def _lines_of(shape: "JobDetailsShape") -> list[str]:
    """What is to be said of a job, for people."""
    shown = ((key, value) for key, value in shape.items() if value not in (None, {}, []))
    return [f"{key + ':':<17} {one_line(_written(value))}" for key, value in shown]


def _written(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {inner}" for key, inner in value.items())
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return str(value)
