"""`quaero jobs workers`."""

import click

from quaero.cli.command import Command
from quaero.cli.options import as_json
from quaero.cli.session import Session, pass_session
from quaero.cli.shapes import listing, process_json
from quaero.cli.text import local_time, print_json, print_table


@click.command(cls=Command)
@as_json
@pass_session
def list_workers(session: Session, as_json: bool) -> None:
    """List the processes that execute jobs.

    Workers, servers, and runs in the foreground, which take only the jobs of their run.
    """
    found = session.ask(lambda engine: engine.store.processes())
    if as_json:
        print_json(listing(map(process_json, found), len(found), None))
        return
    if not found:
        click.echo(f"nobody executes jobs. Start a worker: {session.command('worker')}", err=True)
        return
    rows = [
        (
            process.role if process.root_id is None else f"{process.role} {process.root_id}",
            process.host,
            str(process.pid),
            f"{process.running} of {process.concurrency}",
            local_time(process.started_at),
            ", ".join(process.types) or "-",
        )
        for process in found
    ]
    print_table(("role", "host", "pid", "running", "since", "types"), rows)
