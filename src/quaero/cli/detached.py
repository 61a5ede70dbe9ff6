"""What a person gets to read of a run that is left to others."""

from typing import TYPE_CHECKING

import click

from quaero.cli.text import print_json
from quaero.views.job_shapes import job_json
from quaero.views.job_view import view_of
from quaero.views.notes import notes_of

if TYPE_CHECKING:
    from quaero.cli.session import Session
    from quaero.jobs.engine import Engine


async def tell_detached(engine: "Engine", run_id: int, session: "Session", *, as_json: bool) -> None:
    """How the run stands, what it waits for, and how to watch it."""
    view = await view_of(engine.store, run_id)
    notes = await notes_of(engine, view.job, session.command)
    if as_json:
        print_json(job_json(view) | {"hints": [note.text for note in notes]})
        return
    click.echo(
        f"run {run_id} is {view.job.state}. Watch it: {session.command(f'jobs tree {run_id} --watch')}"
    )
    for note in notes:
        click.echo(note.text)
