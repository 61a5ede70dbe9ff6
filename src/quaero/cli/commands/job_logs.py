"""`quaero jobs logs`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import MOST_ITEMS, as_json, job_id, page
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json, print_json_line
from quaero.views.job_shapes import line_json
from quaero.views.shapes import listing
from quaero.views.text import local_time, printable

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.models.outcome import LogLevel
    from quaero.store.reads import StoredLine

LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which lines; `tail`: the last so many, else those after the one with the id `after`."""

    job_id: int
    levels: "tuple[LogLevel, ...] | None"
    contains: str
    tail: int | None
    after: int


@click.command(cls=Command)
@job_id
@click.option(
    "--level", "levels", multiple=True, type=click.Choice(LEVELS), help="Only these; may be repeated."
)
@click.option("--grep", "contains", metavar="TEXT", default="", help="Only lines with this text.")
@click.option("--tail", type=click.IntRange(1, MOST_ITEMS), metavar="N", help="Only the last N lines.")
@click.option("--follow", is_flag=True, help="Go on with new lines until the job has ended.")
@page
@as_json
@pass_session
def show_logs(
    session: Session,
    job_id: int,
    levels: tuple[str, ...],
    contains: str,
    tail: int | None,
    follow: bool,
    limit: int,
    cursor: int | None,
    as_json: bool,
) -> None:
    """Print the log of a job and of everything below it.

    With --follow and --json it is JSON lines, one for each line of the log.
    """
    from quaero.models.outcome import LogLevel

    if tail is not None and cursor is not None:
        raise click.UsageError("--tail and --cursor do not go together.", click.get_current_context())
    wanted = _Wanted(job_id, tuple(map(LogLevel, levels)) or None, contains, tail, cursor or 0)
    if follow:
        session.ask(lambda engine: _follow(engine, wanted, as_json=as_json))
    else:
        lines, more = session.ask(lambda engine: _page(engine, wanted, limit))
        _print_page(lines, lines[-1].id if more else None, as_json=as_json)


async def _page(engine: "Engine", wanted: _Wanted, limit: int) -> "tuple[tuple[StoredLine, ...], bool]":
    """The lines, and whether there are more of them."""
    store = engine.store
    if wanted.tail is not None:
        lines = await store.log(
            wanted.job_id, levels=wanted.levels, contains=wanted.contains, limit=wanted.tail, newest=True
        )
        return lines, False
    lines = await store.log(
        wanted.job_id, levels=wanted.levels, contains=wanted.contains, after=wanted.after, limit=limit + 1
    )
    return lines[:limit], len(lines) > limit


async def _follow(engine: "Engine", wanted: _Wanted, *, as_json: bool) -> None:
    from quaero.cli.live.follow_log import follow_log

    async for line in follow_log(
        engine,
        await engine.store.job(wanted.job_id),
        levels=wanted.levels,
        contains=wanted.contains,
        after=wanted.after,
        tail=wanted.tail,
    ):
        if as_json:
            print_json_line(line_json(line))
        else:
            _print_line(line)


def _print_page(lines: "tuple[StoredLine, ...]", next_cursor: int | None, *, as_json: bool) -> None:
    if as_json:
        print_json(listing(map(line_json, lines), None, next_cursor))
        return
    if not lines:
        click.echo("no log lines", err=True)
    for line in lines:
        _print_line(line)
    if next_cursor is not None:
        click.echo(f"There are more lines: the same command with --cursor {next_cursor}", err=True)


def _print_line(line: "StoredLine") -> None:
    for text in line.message.splitlines() or [""]:
        click.echo(f"{local_time(line.at)}  {line.level:<7}  {line.job_id}  {printable(text)}")
