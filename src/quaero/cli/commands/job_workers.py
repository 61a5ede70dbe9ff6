"""`quaero jobs workers`."""

import click

from quaero.cli.command import Command
from quaero.cli.options import as_json
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json, print_table
from quaero.views.shapes import listing
from quaero.views.system_shapes import process_json
from quaero.views.text import local_time


@click.command(cls=Command)
@as_json
@pass_session
def list_workers(session: Session, as_json: bool) -> None:
    """List the processes that execute jobs, on whatever machine.

    Workers, servers, and runs in the foreground, which take only the jobs of their run. Each tells now and then that it
    lives: `seen` is the last time.
    """
    from quaero.views.versions import warning_of

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
            process.version,
            f"{process.running} of {process.concurrency}",
            local_time(process.started_at),
            local_time(process.seen_at),
            ", ".join(process.types) or "-",
        )
        for process in found
    ]
    print_table(("role", "host", "pid", "version", "running", "since", "seen", "types"), rows)
    if warning := warning_of(found):
        click.echo(f"warning: {warning}", err=True)
