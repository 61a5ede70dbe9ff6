"""`quaero definitions new` and `validate`: files on disk."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.definition_file import read_file
from quaero.cli.options import as_json
from quaero.cli.session import Session, pass_session
from quaero.cli.shapes import Json
from quaero.cli.starter import starter
from quaero.cli.text import print_json, printable

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.models.definition import Complaint

INVALID = 2


@click.command(cls=Command)
@click.argument("files", metavar="FILE", nargs=-1, required=True, type=click.Path(path_type=Path))
@as_json
@pass_session
def validate_definitions(session: Session, files: tuple[Path, ...], as_json: bool) -> int:
    """Check definition files; print all complaints. Ends with 2 when there are any."""

    async def check(engine: "Engine") -> "list[tuple[Path, tuple[Complaint, ...]]]":
        return [(file, _complaints(engine, file)) for file in files]

    checked = session.ask(check)
    if as_json:
        print_json({"files": [_file_json(file, complaints) for file, complaints in checked]})
    else:
        for file, complaints in checked:
            for line in [each.line_text() for each in complaints] or [f"{file}: ok"]:
                click.echo(printable(line))
    return INVALID if any(complaints for _, complaints in checked) else 0


@click.command(cls=Command)
@click.argument("name")
@click.option(
    "--file", "path", type=click.Path(path_type=Path), help="Where to write it; default: ID.toml here."
)
@pass_session
def new_definition(session: Session, name: str, path: Path | None) -> None:
    """Write a definition file to start from."""
    from quaero.cli.new_file import write_new
    from quaero.models.errors import UsageError

    identifier = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:100]
    if not identifier:
        raise UsageError(f'no id can be made of the name "{name}"', remedy="Use letters or digits")
    file = path or Path(f"{identifier}.toml")
    write_new(file, starter(identifier, name))
    click.echo(f"wrote {printable(str(file))}. Edit it, then: {session.command(f'run {file}')}")


def _complaints(engine: "Engine", file: Path) -> "tuple[Complaint, ...]":
    from quaero.jobs.definitions.reader import InvalidDefinition

    try:
        read_file(engine, file)
    except InvalidDefinition as error:
        return error.complaints
    return ()


def _file_json(file: Path, complaints: "tuple[Complaint, ...]") -> Json:
    shapes = [
        {
            "line": each.line,
            "key": each.key,
            "message": each.message,
            "nearest": each.nearest,
            "example": each.example,
        }
        for each in complaints
    ]
    return {"file": str(file), "valid": not complaints, "complaints": shapes}
