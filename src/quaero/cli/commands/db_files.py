"""`quaero db backup`, `restore`, `export`: the database to a file and back."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from quaero.cli.command import Command
from quaero.cli.new_file import replacing
from quaero.cli.options import as_json
from quaero.cli.progress_line import ProgressLine
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json
from quaero.models.measures import size_text
from quaero.views.shapes import Json

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine

FILE = click.Path(path_type=Path)


@click.command(cls=Command)
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Overwrite the file if it is there.")
@as_json
@pass_session
def back_up(session: Session, file: Path, force: bool, as_json: bool) -> None:
    """Copy the database to a file, while it is in use.

    The copy is what was there at one moment, complete, checked and synced before it gets its name.
    """
    target = file.absolute()

    async def copy(engine: "Engine") -> int:
        with ProgressLine("copied") as line:
            return await engine.store.back_up(target, overwrite=force, progress=line.show)

    size = session.ask(copy)
    if as_json:
        print_json({"file": str(target), "bytes": size})
    else:
        click.echo(f"copied {size_text(size)} to {target}")


@click.command(cls=Command)
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Also when there is a database; it is kept beside the new one.")
@as_json
@pass_session
def restore(session: Session, file: Path, force: bool, as_json: bool) -> None:
    """Put a backup in the place of the database.

    No process may have the database open. Jobs that were in flight when the backup was made go back to the queue.
    """
    with ProgressLine("copied") as line:
        done = session.open_file(session.settings()).restore(file, replace=force, progress=line.show)
    if as_json:
        shape: Json = {
            "file": str(file.absolute()),
            "schema_version": done.versions.known,
            "from_schema_version": done.versions.found,
            "returned_jobs": done.returned,
            "kept": None if done.kept is None else str(done.kept),
        }
        print_json(shape)
        return
    click.echo(f"restored {file}")
    if done.versions.found != done.versions.known:
        click.echo(f"migrated from schema {done.versions.found} to {done.versions.known}")
    if done.returned:
        click.echo(f"{done.returned} jobs that were in flight are back in the queue")
    if done.kept is not None:
        click.echo(f"the database that was there is kept: {done.kept}")
    click.echo(f"look at it: {session.command('db check')}")


@click.command(cls=Command)
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Overwrite the file if it is there.")
@pass_session
def export(session: Session, file: Path, force: bool) -> None:
    """Write everything in the database as JSON lines, to a file or with - to standard output.

    One object a line, with its `kind`: definition, version, variable, run, job, event, log_line, document. It is what
    was there at one moment, in a fixed order.
    """
    if str(file) == "-":
        _export(session, sys.stdout.buffer)
        return
    with replacing(file, overwrite=force) as stream:
        count = _export(session, stream)
    click.echo(f"wrote {count} lines to {file}")


def _export(session: Session, stream: BinaryIO) -> int:
    def take(thing: Json) -> None:
        stream.write(json.dumps(thing, ensure_ascii=False).encode("utf-8", "replace") + b"\n")

    return session.ask(lambda engine: engine.store.export(take))
