"""`quaero worker`."""

from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.log_options import log_options
from quaero.cli.session import Session, pass_session
from quaero.models.errors import UsageError

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine

MOST_PROCESSES = 64


@click.command(cls=Command)
@click.option(
    "--processes",
    type=click.IntRange(1, MOST_PROCESSES),
    default=1,
    show_default=True,
    help="How many processes work side by side.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 10_000),
    help="Jobs that each process executes at once.  [default: queue.concurrency]",
)
@click.option("--types", metavar="TYPE,…", help="Take only jobs of these types and steps of these actions.")
@click.option("--until-idle", is_flag=True, help="End when no run is open any more but paused ones.")
@click.option("--supervised", is_flag=True, hidden=True)
@log_options
@pass_session
def worker(
    session: Session,
    processes: int,
    concurrency: int | None,
    types: str | None,
    until_idle: bool,
    supervised: bool,
) -> int:
    """Work on all runs until it is stopped.

    Any number of workers share the runs of one database. A process that dies is replaced, when there are several.

    Ctrl-C or SIGTERM once: nothing new is begun, and what runs gets the grace time (queue.grace) to finish; the rest
    goes back to the queue. Twice: ends at once.
    """
    import asyncio

    from quaero.cli.logs import write_logs
    from quaero.cli.worker_processes import WorkerProcesses
    from quaero.cli.working import Duty, check_types, supervise, work

    wanted = None if types is None else tuple(dict.fromkeys(filter(None, map(str.strip, types.split(",")))))
    if wanted == ():
        raise UsageError("--types names no type")
    settings = session.settings()
    write_logs(settings.log)
    grace_ms = settings.queue.grace_ms
    duty = Duty("worker", grace_ms, wanted, concurrency, until_idle=until_idle, supervised=supervised)
    if processes == 1:
        return session.ask(lambda engine: work(engine, duty, click.echo))

    async def check(engine: "Engine") -> None:
        check_types(engine, wanted)

    async def keep() -> int:
        alive = WorkerProcesses(
            worker_command(session, concurrency, types, until_idle=until_idle),
            processes,
            click.echo,
            database=session.database,
            until_idle=until_idle,
            drain_seconds=drain_seconds(grace_ms),
        )
        return await supervise(alive, click.echo, duty)

    session.ask(check)  # before any process is started
    return asyncio.run(keep())


def worker_command(
    session: Session, concurrency: int | None, types: str | None, *, until_idle: bool
) -> list[str]:
    """The words that start one worker process which is kept alive by this one; not where its database is."""
    words = ["worker", "--supervised"]
    if session.debug:
        words.append("--debug")
    if concurrency is not None:
        words += ["--concurrency", str(concurrency)]
    if types is not None:
        words += ["--types", types]
    return [*words, "--until-idle"] if until_idle else words


def drain_seconds(grace_ms: int) -> float:
    """How long a process may take to end: what runs may finish, then what does not may stop, then it tidies up."""
    return 2 * grace_ms / 1000 + 10
