"""`quaero auth add` and `import`: storing credentials, sealed."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import as_json
from quaero.cli.secret_input import read_secrets, refuse_arguments
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json
from quaero.models.errors import UsageError
from quaero.views.system_shapes import credential_json
from quaero.views.text import one_line

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.models.credential import Credential
    from quaero.secrets.key_sources import FoundKey
    from quaero.store.transitions.credentials import StoredCredential

STANDARD_INPUT = "-"

replace_option = click.option("--replace", is_flag=True, help="Put them in the place of others of that name.")


@click.command(cls=Command, context_settings={"allow_extra_args": True})
@click.argument("name")
@click.option(
    "--host",
    "hosts",
    metavar="HOST",
    multiple=True,
    required=True,
    help="Whom they are for: HOST, HOST:PORT, or http://HOST where there is no https. May be repeated.",
)
@click.option(
    "--cookie", "cookies", metavar="COOKIE", multiple=True, help="A cookie by its name; may be repeated."
)
@click.option(
    "--header", "headers", metavar="HEADER", multiple=True, help="A header by its name; may be repeated."
)
@click.option("--bearer", is_flag=True, help="A token, sent as Authorization: Bearer.")
@click.option("--basic", metavar="USER", help="The password of a user, sent as Authorization: Basic.")
@replace_option
@as_json
@click.pass_context
@pass_session
def add_credential(
    session: Session,
    context: click.Context,
    name: str,
    hosts: tuple[str, ...],
    cookies: tuple[str, ...],
    headers: tuple[str, ...],
    bearer: bool,
    basic: str | None,
    replace: bool,
    as_json: bool,
) -> None:
    """Store cookies, headers, a token or a password, for crawls whose definition says auth = "NAME".

    Values are typed when asked for, or come on the standard input, a line each; never on the command line. They are
    sealed before they are stored, and sent to these hosts only.
    """
    from quaero.crawler.credentials import origin_of

    refuse_arguments(context.args)
    given = {"--cookie": cookies, "--header": headers, "--bearer": bearer, "--basic": basic is not None}
    kinds = [option for option, value in given.items() if value]
    if len(kinds) != 1:
        raise UsageError(f"one of {', '.join(given)} is wanted", remedy="Store others under another name")
    names = [*cookies, *headers]
    if any("=" in each or ":" in each or " " in each for each in names) or (
        basic is not None and ":" in basic
    ):
        raise UsageError(
            "the command line takes names only: every process can read it",
            where=kinds[0],
            remedy="Leave the value out: it is asked for, or read from the standard input",
        )
    origins = tuple(dict.fromkeys(map(origin_of, hosts)))
    _check_free(session, name, replace=replace)
    _keep(session, name, _read(origins, cookies, headers, bearer, basic), replace=replace, as_json=as_json)


@click.command(cls=Command)
@click.argument("name")
@click.argument("file")
@click.option(
    "--host",
    "hosts",
    metavar="HOST",
    multiple=True,
    help="Only the cookies that this host gets; may be repeated.",
)
@replace_option
@as_json
@pass_session
def import_credential(
    session: Session, name: str, file: str, hosts: tuple[str, ...], replace: bool, as_json: bool
) -> None:
    """Store the cookies that a browser gave away: a cookies.txt, or the JSON of an extension; "-" reads them.

    Each cookie goes where it belongs: its host, or all below its domain, its path, over https if it is a secure one,
    until it expires.
    """
    import time

    from quaero.crawler.cookie_files import imported, left_out
    from quaero.crawler.credentials import host_of, origin_of

    wanted = [host_of(f"{origin_of(each)}/") for each in hosts]
    result = imported(_content(file), hosts=wanted, now_ms=int(time.time() * 1000), where=_spoken(file))
    if told := left_out(result):
        click.echo(f"left out: {told}", err=True)
    _keep(session, name, result.credential, replace=replace, as_json=as_json)


def _read(
    origins: Sequence[str],
    cookies: Sequence[str],
    headers: Sequence[str],
    bearer: bool,
    basic: str | None,
) -> "Credential":
    from quaero.crawler import credentials

    if cookies:
        return credentials.own_cookies(origins, _values("cookie", cookies))
    if headers:
        return credentials.own_headers(origins, _values("header", headers))
    if bearer:
        return credentials.bearer(origins, *read_secrets(["token"]))
    user = basic or ""
    return credentials.basic(origins, user, *read_secrets([f"password of {user}"]))


def _values(kind: str, names: Sequence[str]) -> Mapping[str, str]:
    wanted = tuple(dict.fromkeys(names))
    return dict(zip(wanted, read_secrets([f"{kind} {each}" for each in wanted]), strict=True))


def _check_free(session: Session, name: str, *, replace: bool) -> None:
    """Before anything is typed: whether it could be stored at all."""
    from quaero.models.credential import checked_credential_name
    from quaero.models.errors import ConflictError

    checked_credential_name(name)

    async def taken(engine: "Engine") -> bool:
        return any(each.name == name for each in await engine.store.credentials())

    if not replace and session.ask(taken):
        raise ConflictError(
            "there are such credentials already",
            where=f"credentials {name}",
            remedy="Give --replace to put the new ones in their place",
        )


def _keep(session: Session, name: str, credential: "Credential", *, replace: bool, as_json: bool) -> None:
    async def keep(engine: "Engine") -> "tuple[FoundKey, StoredCredential]":
        found = await engine.control.credentials.keep(name, credential, replace=replace)
        return found, await engine.store.credential(name)

    found, stored = session.ask(keep)
    if as_json:
        print_json(credential_json(stored))
        return
    click.echo(one_line(f"stored {name} for {', '.join(stored.sealed.hosts)}"))
    click.echo(
        one_line(
            f"Sealed with the key {found.key.id} ({found.source}). "
            "Processes on other machines need it: quaero auth key show"
        ),
        err=True,
    )


def _content(file: str) -> bytes:
    from quaero.cli.definition_file import file_bytes
    from quaero.crawler.cookie_files import LARGEST_FILE

    return sys.stdin.buffer.read(LARGEST_FILE + 1) if file == STANDARD_INPUT else file_bytes(Path(file))


def _spoken(file: str) -> str:
    return "standard input" if file == STANDARD_INPUT else file
