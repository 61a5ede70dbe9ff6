"""`quaero definitions list`, `show` and `history`: what is stored."""

from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import as_json, print_next_page
from quaero.cli.paging import page_by_name
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json, print_table
from quaero.views.definition_shapes import (
    definition_details_json,
    definition_json,
    version_details_json,
    version_json,
)
from quaero.views.paging import page_of
from quaero.views.shapes import listing
from quaero.views.text import local_time, printable

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.store.reads import DefinitionVersion, StoredDefinition

ORIGINS = ("user", "quick", "system")


@click.command(cls=Command)
@click.option(
    "--origin", type=click.Choice(ORIGINS), help="Only those from files, quick crawls, or the program."
)
@page_by_name
@as_json
@pass_session
def list_definitions(
    session: Session, origin: str | None, limit: int, cursor: str | None, as_json: bool
) -> None:
    """List the stored definitions, in the order of their ids."""
    found = session.ask(lambda engine: engine.control.definitions(origin))
    items, next_cursor = page_of(found, _id, limit, cursor)
    if as_json:
        print_json(listing(map(definition_json, items), len(found), next_cursor))
        return
    rows = [(_id(each), _origin(each), _actions(each), each.definition.name) for each in items]
    print_table(("id", "origin", "steps", "name"), rows)
    print_next_page(next_cursor, len(items), len(found))


@click.command(cls=Command)
@click.argument("definition", metavar="ID")
@click.option("--version", "number", type=click.IntRange(1), metavar="N", help="As it was in this version.")
@as_json
@pass_session
def show_definition(session: Session, definition: str, number: int | None, as_json: bool) -> None:
    """Print a stored definition as TOML."""
    if number is not None:
        _show_version(session, definition, number, as_json)
        return
    stored = session.ask(lambda engine: engine.control.definition(definition))
    if as_json:
        print_json(definition_details_json(stored))
    else:
        _print_toml(stored.definition.to_toml())


@click.command(cls=Command)
@click.argument("definition", metavar="ID")
@as_json
@pass_session
def definition_history(session: Session, definition: str, as_json: bool) -> None:
    """List the versions of a definition; also of one that was deleted.

    A version is what the definition was after a change. `quaero definitions show ID --version 2` prints the second.
    """
    versions = session.ask(lambda engine: engine.control.definition_history(definition))
    if as_json:
        print_json(listing(map(version_json, versions), len(versions), None))
        return
    rows = [(str(each.number), local_time(each.at), each.change) for each in versions]
    print_table(("version", "at", "change"), rows)


def _show_version(session: Session, definition: str, number: int, as_json: bool) -> None:
    async def ask(engine: "Engine") -> "DefinitionVersion":
        [version] = await engine.control.definition_history(definition, number)
        return version

    version = session.ask(ask)
    if as_json:
        print_json(version_details_json(version))
    else:
        _print_toml(version.definition.to_toml())


def _print_toml(text: str) -> None:
    for line in text.splitlines():
        click.echo(printable(line))


def _id(stored: "StoredDefinition") -> str:
    return stored.definition.id


def _origin(stored: "StoredDefinition") -> str:
    marks = [stored.origin, "edited" if stored.edited else "", "" if stored.definition.enabled else "off"]
    return ", ".join(filter(None, marks))


def _actions(stored: "StoredDefinition") -> str:
    return ", ".join(step.action for step in stored.definition.steps)
