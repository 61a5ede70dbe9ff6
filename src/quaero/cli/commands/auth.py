"""`quaero auth list`, `show` and `delete`: which credentials there are, never what is in them."""

from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import as_json, print_next_page
from quaero.cli.paging import page_by_name
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json, print_table
from quaero.views.paging import page_of
from quaero.views.shapes import listing
from quaero.views.system_shapes import PartShape, credential_json, parts_json
from quaero.views.text import local_time, one_line
from quaero.views.used_by import users_of_credential

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.models.credential import Credential
    from quaero.store.transitions.credentials import StoredCredential


@click.command(cls=Command)
@page_by_name
@as_json
@pass_session
def list_credentials(session: Session, limit: int, cursor: str | None, as_json: bool) -> None:
    """List the stored credentials, without their values: whom they are for, which key opens them."""
    found = session.ask(lambda engine: engine.store.credentials())
    items, next_cursor = page_of(found, lambda each: each.name, limit, cursor)
    if as_json:
        print_json(listing(map(credential_json, items), len(found), next_cursor))
        return
    rows = [
        (
            each.name,
            each.sealed.kind,
            each.sealed.key_id,
            local_time(each.updated_at),
            ", ".join(each.sealed.hosts),
        )
        for each in items
    ]
    print_table(("name", "kind", "key", "changed", "hosts"), rows)
    print_next_page(next_cursor, len(items), len(found))


@click.command(cls=Command)
@click.argument("name")
@as_json
@pass_session
def show_credential(session: Session, name: str, as_json: bool) -> None:
    """Show stored credentials, without their values: hosts, cookies by name, whether they can be opened here."""

    async def ask(engine: "Engine") -> "tuple[StoredCredential, str, Credential | None, list[str]]":
        stored = await engine.store.credential(name)
        problem = await engine.control.credentials.problem(stored)
        opened = None if problem else await engine.control.credentials.open(name)
        return stored, problem, opened, await users_of_credential(engine.control, name)

    stored, problem, opened, users = session.ask(ask)
    parts = parts_json(opened)
    shape = {**credential_json(stored), "opens_here": not problem, "parts": parts, "used_by": users}
    if as_json:
        print_json(shape)
        return
    for key, value in (
        ("name", stored.name),
        ("kind", stored.sealed.kind),
        ("hosts", ", ".join(stored.sealed.hosts)),
        ("key", stored.sealed.key_id),
        ("stored", local_time(stored.created_at)),
        ("changed", local_time(stored.updated_at)),
        ("used by", ", ".join(users) or "no definition"),
        ("opens here", problem or "yes"),
        *(("part", _part_text(part)) for part in parts),
    ):
        click.echo(f"{key + ':':<12} {one_line(value)}")


@click.command(cls=Command)
@click.argument("name")
@as_json
@pass_session
def delete_credential(session: Session, name: str, as_json: bool) -> None:
    """Delete stored credentials. Definitions that name them cannot be run from then on."""

    async def delete(engine: "Engine") -> list[str]:
        await engine.store.delete_credential(name)
        return await users_of_credential(engine.control, name)

    users = session.ask(delete)
    if as_json:
        print_json({"name": name, "deleted": True, "used_by": users})
        return
    click.echo(f"deleted {one_line(name)}")
    if users:
        click.echo(f"warning: they are still named by {', '.join(users)}", err=True)


def _part_text(part: PartShape) -> str:
    if "header" in part:
        return f"header {part['header']}"
    domain = part["domain"] if part["host_only"] else f".{part['domain']}"
    secure = ", https only" if part["secure"] else ""
    ends = f", until {part['expires_at']}" if part["expires_at"] else ""
    return f"cookie {part['cookie']} of {domain}{part['path']}{secure}{ends}"
