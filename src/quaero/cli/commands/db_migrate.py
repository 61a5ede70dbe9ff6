"""`quaero db migrate`: an older schema is brought up to date, or everything to another database."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import as_json
from quaero.cli.progress_line import ProgressLine
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json, print_table
from quaero.models.errors import UsageError
from quaero.models.measures import seconds_text

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.settings import DatabaseUrl
    from quaero.store.moving import Moved
    from quaero.views.shapes import Json


@click.command(cls=Command)
@click.option("--check", "only_check", is_flag=True, help="Only tell whether it would be changed.")
@click.option("--to", "target", metavar="URL", help="Copy everything to this database, which must be empty.")
@as_json
@pass_session
def migrate_database(session: Session, only_check: bool, target: str | None, as_json: bool) -> None:
    """Bring an older database up to date, or move it to another place.

    Every command does the first when it opens one; of a file, a copy as it was is kept beside it. A file that is not
    there is made, and so are the tables on a server, where all processes of the older version must have ended before.

    With --to everything is copied to another database, from a file to a server or back, and compared; nobody may work
    on either. The old database stays as it is. Once more after an interruption, it goes on where it was.
    """
    if target is not None:
        if only_check:
            raise UsageError("--check and --to do not go together", remedy="Leave one of them out")
        _move(session, target, as_json=as_json)
    else:
        _bring_up_to_date(session, only_check=only_check, as_json=as_json)


def _bring_up_to_date(session: Session, *, only_check: bool, as_json: bool) -> None:
    versions = session.open_file(session.settings()).versions()
    if not only_check:
        session.ask(_open)
    if as_json:
        shape: Json = {"from": versions.found, "to": versions.known, "migrated": not only_check}
        print_json(shape)
    elif versions.found == versions.known:
        click.echo(f"up to date: schema {versions.known}")
    elif only_check:
        click.echo(f"would be brought from schema {versions.found} to {versions.known}")
    else:
        click.echo(f"brought from schema {versions.found} to {versions.known}")


async def _open(engine: "Engine") -> None:
    """Opening is all that a migration needs."""


def _move(session: Session, written: str, *, as_json: bool) -> None:
    from quaero.store.moving import move

    settings = session.settings()
    destination = session.open_file(replace(settings, database=_url(written)))
    with ProgressLine("moved") as line:

        def tell(doing: str, table: str, done: int, total: int) -> None:
            line.say(f"{doing} {table.replace('_', ' ')}: {done:,} of {total:,}")

        moved = move(session.open_file(settings), destination, tell)
    if as_json:
        print_json(_moved_json(moved))
    else:
        _print(moved)


def _url(written: str) -> "DatabaseUrl":
    from quaero.settings import database_url

    try:
        return database_url(written, Path.cwd())
    except ValueError as error:
        raise UsageError(str(error), where="--to") from error


def _print(moved: "Moved") -> None:
    rows = [(table.name.replace("_", " "), f"{table.rows:,}") for table in moved.tables if table.rows]
    print_table(("table", "rows"), rows)
    if moved.started_over:
        click.echo("the old database had changed since the interruption, so everything was copied anew")
    if moved.replaced:
        click.echo(
            f"{moved.replaced} texts had zero bytes, which the new one cannot hold: replaced by U+FFFD"
        )
    if moved.returned:
        click.echo(f"{moved.returned} jobs that were in flight are back in the queue there")
    total = sum(table.rows for table in moved.tables)
    click.echo(
        f"copied and compared {total:,} rows in {seconds_text(moved.seconds)}; both hold everything now"
    )
    click.echo(f"old: {moved.source}: is as it was; start nothing on it, or what is left to do is done twice")
    click.echo(f"new: {moved.target}: use it from now on, with --database, QUAERO_DATABASE or in quaero.toml")


def _moved_json(moved: "Moved") -> "Json":
    return {
        "from": moved.source,
        "to": moved.target,
        "tables": [{"name": table.name, "rows": table.rows, "hash": table.hash} for table in moved.tables],
        "returned_jobs": moved.returned,
        "replaced_texts": moved.replaced,
        "started_over": moved.started_over,
        "seconds": round(moved.seconds, 3),
    }
