"""`quaero definitions list` and `show`: what is stored."""

from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import DEFAULT_LIMIT, MOST_ITEMS, as_json, print_next_page
from quaero.cli.session import Session, pass_session
from quaero.cli.shapes import definition_json, listing
from quaero.cli.text import print_json, print_table, printable

if TYPE_CHECKING:
    from quaero.store.reads import StoredDefinition

ORIGINS = ("user", "quick", "system")


@click.command(cls=Command)
@click.option(
    "--origin", type=click.Choice(ORIGINS), help="Only those from files, quick crawls, or the program."
)
@click.option(
    "--limit", type=click.IntRange(1, MOST_ITEMS), default=DEFAULT_LIMIT, show_default=True, help="How many."
)
@click.option("--cursor", metavar="ID", help="Go on after this definition (next_cursor of the last page).")
@as_json
@pass_session
def list_definitions(
    session: Session, origin: str | None, limit: int, cursor: str | None, as_json: bool
) -> None:
    """List the stored definitions, in the order of their ids."""
    found = sorted(session.ask(lambda engine: engine.control.definitions(origin)), key=_id)
    rest = [each for each in found if cursor is None or _id(each) > cursor]
    items = rest[:limit]
    next_cursor = _id(items[-1]) if len(rest) > limit else None
    if as_json:
        print_json(listing(map(definition_json, items), len(found), next_cursor))
        return
    rows = [(_id(each), each.origin, _actions(each), each.definition.name) for each in items]
    print_table(("id", "origin", "steps", "name"), rows)
    print_next_page(next_cursor, len(items), len(found))


@click.command(cls=Command)
@click.argument("definition", metavar="ID")
@as_json
@pass_session
def show_definition(session: Session, definition: str, as_json: bool) -> None:
    """Print a stored definition as TOML."""
    stored = session.ask(lambda engine: engine.control.definition(definition))
    if as_json:
        print_json(definition_json(stored) | {"definition": stored.definition.to_json()})
        return
    for line in stored.definition.to_toml().splitlines():
        click.echo(printable(line))


def _id(stored: "StoredDefinition") -> str:
    return stored.definition.id


def _actions(stored: "StoredDefinition") -> str:
    return ", ".join(step.action for step in stored.definition.steps)
