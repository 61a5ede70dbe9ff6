"""Reading a definition from a file that a person names."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from quaero.models.errors import NotFoundError, UsageError
from quaero.views.text import printable

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.models.definition import JobDefinition


async def read_file(engine: "Engine", file: Path) -> "JobDefinition":
    """The definition in the file; `NotFoundError` without one, `InvalidDefinition` with all complaints."""
    return await engine.control.read(file_bytes(file), file=str(file))


async def warn_of_missing(engine: "Engine", definition: "JobDefinition") -> None:
    """Say what a definition needs for a run and cannot have yet."""
    if definition.auth is None:
        return
    if all(each.name != definition.auth for each in await engine.store.credentials()):
        what = f'warning: {definition.id}: auth names "{definition.auth}", and there are no such credentials'
        click.echo(printable(f"{what}; store them: quaero auth add, quaero auth import"), err=True)


def file_bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise NotFoundError("there is no such file", where=str(file)) from None
    except OSError as error:
        raise UsageError(f"cannot be read ({error.strerror})", where=str(file)) from error
