"""`quaero serve`."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.commands.worker import MOST_PROCESSES, drain_seconds, worker_command
from quaero.cli.log_options import log_options
from quaero.cli.session import Session, pass_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quaero.jobs.engine import Engine
    from quaero.settings import Settings


@click.command(cls=Command)
@click.option(
    "--workers",
    type=click.IntRange(0, MOST_PROCESSES),
    default=1,
    show_default=True,
    help="Processes that execute jobs. 1: this one; 0: none, others do.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 10_000),
    help="Jobs that each process executes at once.  [default: queue.concurrency]",
)
@click.option("--host", metavar="ADDRESS", help="Where to serve the pages.  [default: web.host]")
@click.option("--port", type=click.IntRange(0, 65_535), help="0: one that is free.  [default: web.port]")
@click.option("--open", "open_browser", is_flag=True, help="Open the pages in the browser.")
@log_options
@pass_session
def serve(
    session: Session,
    workers: int,
    concurrency: int | None,
    host: str | None,
    port: int | None,
    open_browser: bool,
) -> int:
    """Serve the pages, start planned runs and work on all runs until it is stopped.

    The address that it prints carries a token, which the browser keeps. Whoever has the token may do everything.

    Runs of definitions with a schedule start at their times, those with auto_start once, now. Jobs are executed here,
    unless --workers is 0.

    Ctrl-C or SIGTERM once: nothing new is begun, and what runs gets the grace time (queue.grace) to finish; the rest
    goes back to the queue. Twice: ends at once.
    """
    from quaero.cli.logs import write_logs
    from quaero.cli.worker_processes import WorkerProcesses
    from quaero.cli.working import Duty, work

    settings = session.settings()
    write_logs(settings.log)
    settings = with_flags(settings, {"host": host, "port": port})
    grace_ms = settings.queue.grace_ms
    duty = Duty("server", grace_ms, None if workers == 1 else (), concurrency, schedules=True)

    async def serving(engine: "Engine") -> int:
        more = WorkerProcesses(
            worker_command(session, concurrency, None, until_idle=False),
            workers,
            click.echo,
            database=session.database,
            drain_seconds=drain_seconds(grace_ms),
        )
        async with session.open_web(engine, settings) as served:
            click.echo(f"pages: {served.entry}")
            if open_browser:
                click.launch(served.entry)
            return await work(engine, duty, click.echo, more if workers > 1 else None, served.failure())

    return session.ask(serving)


def with_flags(settings: "Settings", flags: "Mapping[str, str | int | None]") -> "Settings":
    """The settings with what flags say of the pages, and that it was said by flags; None: nothing."""
    given = {name: value for name, value in flags.items() if value is not None}
    origins = tuple(
        replace(each, value=str(given[name]), source=f"--{name}")
        if (name := each.key.removeprefix("web.")) in given and each.key != name
        else each
        for each in settings.origins
    )
    web = replace(settings.web, **given)  # type: ignore[arg-type]
    return replace(settings, web=web, origins=origins)
