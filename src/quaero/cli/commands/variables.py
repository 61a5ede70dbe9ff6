"""`quaero variables`: values for `{name}` in definitions."""

from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import as_json, print_next_page
from quaero.cli.paging import page_by_name
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json, print_table
from quaero.views.paging import page_of
from quaero.views.shapes import listing
from quaero.views.system_shapes import variable_json
from quaero.views.text import local_time, printable
from quaero.views.used_by import users_of_variable

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.store.reads import Variable


@click.command(cls=Command)
@page_by_name
@as_json
@pass_session
def list_variables(session: Session, limit: int, cursor: str | None, as_json: bool) -> None:
    """List the variables with their values, in the order of their names."""
    found = session.ask(lambda engine: engine.store.variables())
    items, next_cursor = page_of(found, lambda each: each.name, limit, cursor)
    if as_json:
        print_json(listing(map(variable_json, items), len(found), next_cursor))
        return
    print_table(
        ("name", "changed", "value"), [(each.name, local_time(each.updated_at), each.value) for each in items]
    )
    print_next_page(next_cursor, len(items), len(found))


@click.command(cls=Command)
@click.argument("name")
@as_json
@pass_session
def show_variable(session: Session, name: str, as_json: bool) -> None:
    """Print the value of a variable."""

    async def ask(engine: "Engine") -> "tuple[Variable, list[str]]":
        variable = await engine.store.variable(name)
        return variable, await users_of_variable(engine.control, variable.name)

    variable, users = session.ask(ask)
    if as_json:
        print_json({**variable_json(variable), "used_by": users})
    else:
        click.echo("\n".join(map(printable, variable.value.split("\n"))))


@click.command(cls=Command)
@click.argument("name")
@click.argument("value")
@as_json
@pass_session
def set_variable(session: Session, name: str, value: str, as_json: bool) -> None:
    """Set a variable. {NAME} in the config of a step stands for its value.

    Values are shown to everyone who can use the database. Secrets belong in the environment: {env:NAME}.
    """

    async def write(engine: "Engine") -> "Variable":
        await engine.store.set_variable(name, value)
        return await engine.store.variable(name)

    variable = session.ask(write)
    if as_json:
        print_json(variable_json(variable))
    else:
        click.echo(f"set {variable.name}")


@click.command(cls=Command)
@click.argument("name")
@as_json
@pass_session
def delete_variable(session: Session, name: str, as_json: bool) -> None:
    """Delete a variable. Steps that use it fail from then on."""

    async def delete(engine: "Engine") -> list[str]:
        await engine.store.delete_variable(name)
        return await users_of_variable(engine.control, name.lower())

    users = session.ask(delete)
    if as_json:
        print_json({"name": name.lower(), "deleted": True, "used_by": users})
        return
    click.echo(f"deleted {name.lower()}")
    if users:
        click.echo(f"warning: it is still used by {', '.join(users)}", err=True)
