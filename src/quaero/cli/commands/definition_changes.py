"""`quaero definitions enable`, `disable`, `edit`, `delete`: changing what is stored."""

from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.failures import lines_of
from quaero.cli.options import as_json
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json
from quaero.views.definition_shapes import kept_json
from quaero.views.text import printable

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.store.transitions.definitions import Kept


@click.command(cls=Command)
@click.argument("definition", metavar="ID")
@as_json
@pass_session
def enable_definition(session: Session, definition: str, as_json: bool) -> None:
    """Allow new runs of a definition."""
    _switch(session, definition, enabled=True, as_json=as_json)


@click.command(cls=Command)
@click.argument("definition", metavar="ID")
@as_json
@pass_session
def disable_definition(session: Session, definition: str, as_json: bool) -> None:
    """Refuse new runs of a definition; those that have begun go on."""
    _switch(session, definition, enabled=False, as_json=as_json)


@click.command(cls=Command)
@click.argument("definition", metavar="ID")
@as_json
@pass_session
def delete_definition(session: Session, definition: str, as_json: bool) -> None:
    """Delete a definition; its history stays.

    So do its runs and their documents.
    """
    session.ask(lambda engine: engine.control.delete_definition(definition))
    if as_json:
        print_json({"id": definition, "change": "deleted"})
    else:
        click.echo(
            f"deleted {definition}. Its versions: {session.command(f'definitions history {definition}')}"
        )


@click.command(cls=Command)
@click.argument("definition", metavar="ID")
@pass_session
def edit_definition(session: Session, definition: str) -> None:
    """Edit a stored definition in your editor ($VISUAL or $EDITOR).

    What is wrong with it is said, and nothing is kept until all of it is right.
    """

    async def begin(engine: "Engine") -> tuple[str, int]:
        stored = await engine.control.definition(definition)
        await engine.control.check_changeable(definition)
        return await engine.control.definition_text(stored), stored.version

    before, version = session.ask(begin)
    text, kept = before, None
    while kept is None:
        text = click.edit(text, extension=".toml") or text
        if text == before:
            break
        kept = _keep(session, definition, text, version)
    if kept is None or kept.change is None:
        click.echo("nothing was changed")
    else:
        click.echo(f"kept {definition} as version {kept.version}")


def _keep(session: Session, definition: str, text: str, version: int) -> "Kept | None":
    """Keep the edited text; None if that cannot be and the person wants to go on with it."""
    from quaero.models.errors import ConflictError, DefinitionError

    try:
        return session.ask(
            lambda engine: engine.control.edit_definition(text, definition_id=definition, version=version)
        )
    except (DefinitionError, ConflictError) as error:
        for line in lines_of(error):
            click.echo(printable(line), err=True)
        if not click.confirm("Edit it again?", default=True, err=True):
            click.echo(f"your text is in {_put_aside(definition, text)}", err=True)
            raise
        return None


def _put_aside(definition: str, text: str) -> str:
    """Write a text that was not kept to a file that nobody else can read; its name."""
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile(
        "w", prefix=f"{definition}-", suffix=".toml", delete=False, encoding="utf-8"
    ) as file:
        file.write(text)
    return file.name


def _switch(session: Session, definition: str, *, enabled: bool, as_json: bool) -> None:
    kept = session.ask(lambda engine: engine.control.switch_definition(definition, enabled=enabled))
    if as_json:
        print_json(kept_json(kept))
    else:
        state = "on" if enabled else "off"
        click.echo(f"{definition} is {state}" if kept.change else f"{definition} is {state} already")
