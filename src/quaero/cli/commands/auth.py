"""`quaero auth list`, `show` and `delete`: which credentials there are, never what is in them."""

from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import as_json, print_next_page
from quaero.cli.paging import page_by_name, page_of
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json, print_table
from quaero.views.shapes import Json, credential_json, listing
from quaero.views.text import local_time, one_line

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
        return stored, problem, opened, await users_of(engine, name)

    stored, problem, opened, users = session.ask(ask)
    shape = credential_json(stored) | {"opens_here": not problem, "parts": _parts(opened), "used_by": users}
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
        *(("part", _part_text(part)) for part in _parts(opened)),
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
        return await users_of(engine, name)

    users = session.ask(delete)
    if as_json:
        print_json({"name": name, "deleted": True, "used_by": users})
        return
    click.echo(f"deleted {one_line(name)}")
    if users:
        click.echo(f"warning: they are still named by {', '.join(users)}", err=True)


async def users_of(engine: "Engine", name: str) -> list[str]:
    """The ids of the definitions that name the credentials."""
    return [
        stored.definition.id
        for stored in await engine.control.definitions()
        if stored.definition.auth == name
    ]


def _parts(opened: "Credential | None") -> list[Json]:
    """Headers and cookies by name, with where the cookies belong."""
    from quaero.models.moment import iso_time

    if opened is None:
        return []
    headers: list[Json] = [{"header": each.name} for each in opened.headers]
    cookies: list[Json] = [
        {
            "cookie": each.name,
            "domain": each.domain,
            "host_only": each.host_only,
            "path": each.path,
            "secure": each.secure,
            "expires_at": None if each.expires_at is None else iso_time(each.expires_at * 1000),
        }
        for each in opened.cookies
    ]
    return headers + cookies


def _part_text(part: Json) -> str:
    if "header" in part:
        return f"header {part['header']}"
    domain = part["domain"] if part["host_only"] else f".{part['domain']}"
    secure = ", https only" if part["secure"] else ""
    ends = f", until {part['expires_at']}" if part["expires_at"] else ""
    return f"cookie {part['cookie']} of {domain}{part['path']}{secure}{ends}"
