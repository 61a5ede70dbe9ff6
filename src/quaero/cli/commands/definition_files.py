"""`quaero definitions new`, `validate`, `import` and `export`: files on disk."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.definition_file import file_bytes, read_file, warn_of_missing
from quaero.cli.options import as_json
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json
from quaero.jobs.definitions.starter import starter
from quaero.views.definition_shapes import kept_json
from quaero.views.shapes import Json
from quaero.views.text import printable

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.models.definition import Complaint
    from quaero.store.transitions.definitions import Kept

INVALID = 2


@click.command(cls=Command)
@click.argument("files", metavar="FILE", nargs=-1, required=True, type=click.Path(path_type=Path))
@as_json
@pass_session
def validate_definitions(session: Session, files: tuple[Path, ...], as_json: bool) -> int:
    """Check definition files; print all complaints. Ends with 2 when there are any."""

    async def check(engine: "Engine") -> "list[tuple[Path, tuple[Complaint, ...]]]":
        return [(file, await _complaints(engine, file)) for file in files]

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


@click.command(cls=Command)
@click.argument("files", metavar="FILE", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Also overwrite what was edited in the store.")
@as_json
@pass_session
def import_definitions(session: Session, files: tuple[Path, ...], replace: bool, as_json: bool) -> None:
    """Store the definitions in files, all or none. Nothing is run.

    All files are checked first, and all complaints printed. What was edited in the store is not overwritten
    without --replace.
    """

    async def keep(engine: "Engine") -> "tuple[tuple[Kept, ...], list[tuple[str, str]]]":
        new = await engine.control.read_all([(str(file), file_bytes(file)) for file in files])
        for each in new:
            await warn_of_missing(engine, each.definition)
        kept = await engine.control.keep(*new, replace_edited=replace)
        return kept, await engine.control.unknown_names([each.definition for each in new])

    kept, unknown = session.ask(keep)
    if as_json:
        missing = [{"id": definition_id, "names": name} for definition_id, name in unknown]
        print_json({"definitions": [kept_json(each) for each in kept], "unknown": missing})
    else:
        for each in kept:
            said = f"imported {each.definition_id}" if each.change else f"{each.definition_id} is up to date"
            click.echo(f"{said} (version {each.version})")
    for definition_id, name in unknown:
        what = f'warning: {definition_id} names "{name}", which is no stored definition; import it too'
        click.echo(printable(what), err=True)


@click.command(cls=Command)
@click.argument("definitions", metavar="ID", nargs=-1, required=True)
@click.option(
    "--output",
    default="-",
    metavar="DIR",
    help='Where to write ID.toml for each; "-" prints the definition.  [default: -]',
)
@pass_session
def export_definitions(session: Session, definitions: tuple[str, ...], output: str) -> None:
    """Write stored definitions as files that can be imported again."""
    from quaero.models.errors import UsageError

    ids = tuple(dict.fromkeys(definitions))
    if output == "-" and len(ids) > 1:
        raise UsageError("a file holds one definition", remedy="Name a folder: --output DIR")

    async def texts(engine: "Engine") -> list[str]:
        control = engine.control
        return [await control.definition_text(await control.definition(each)) for each in ids]

    written = session.ask(texts)
    if output == "-":
        click.echo(written[0].encode(), nl=False)
    else:
        _write_all(Path(output), dict(zip(ids, written, strict=True)))


def _write_all(folder: Path, texts: dict[str, str]) -> None:
    """Write ID.toml for each; nothing if one of them exists."""
    from quaero.cli.new_file import write_new
    from quaero.models.errors import ConflictError, UsageError

    files = {folder / f"{definition_id}.toml": text for definition_id, text in texts.items()}
    for file in files:
        if file.exists():
            raise ConflictError("the file exists already", where=str(file), remedy="Name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot be made ({error.strerror})", where=str(folder)) from error
    for file, text in files.items():
        write_new(file, text)
        click.echo(f"wrote {printable(str(file))}")


async def _complaints(engine: "Engine", file: Path) -> "tuple[Complaint, ...]":
    from quaero.jobs.definitions.reader import InvalidDefinition

    try:
        await warn_of_missing(engine, await read_file(engine, file))
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
