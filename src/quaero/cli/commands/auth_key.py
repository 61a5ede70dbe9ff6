"""`quaero auth key`: bringing the key of the stored credentials to another machine."""

import click

from quaero.cli.command import Command
from quaero.cli.options import as_json
from quaero.cli.secret_input import read_secrets, refuse_arguments
from quaero.cli.text import print_json
from quaero.views.text import one_line


@click.command(cls=Command)
@as_json
def show_key(as_json: bool) -> None:
    """Print the key, to bring it to another machine. It is a line for the environment there.

    Who has the key and the database has the credentials.
    """
    from quaero.models.errors import NotFoundError
    from quaero.secrets.key_sources import VARIABLE, KeySources

    found = KeySources.of_user().first()
    if found is None:
        raise NotFoundError(
            "there is no key here yet",
            remedy="It is made with the first credentials: quaero auth add; or bring one: quaero auth key import",
        )
    click.echo(
        one_line(
            f"warning: with this key ({found.key.id}, from {found.source}) everybody can open the credentials in "
            "the database; show it to nobody, send it through nothing that keeps it"
        ),
        err=True,
    )
    if as_json:
        print_json({"id": found.key.id, "source": found.source, "key": found.key.text()})
    else:
        click.echo(f"{VARIABLE}={found.key.text()}")


@click.command(cls=Command, context_settings={"allow_extra_args": True})
@click.option("--replace", is_flag=True, help="Also over another key, which is lost then.")
@click.option("--keyring", is_flag=True, help="Keep it in the system's keyring, not in a file.")
@as_json
@click.pass_context
def import_key(context: click.Context, replace: bool, keyring: bool, as_json: bool) -> None:
    """Read a key from the standard input and keep it, in a file that only you can read.

    A key is what `quaero auth key show` prints, or the part behind the "=" of that.
    """
    import os

    from quaero.secrets.key import SecretKey
    from quaero.secrets.key_sources import VARIABLE, KeySources

    refuse_arguments(context.args)
    [written] = read_secrets(["key"])
    key = SecretKey.parse(written.strip().removeprefix(f"{VARIABLE}="), where="standard input")
    sources = KeySources.of_user()
    place = str((sources.keep_in_keyring if keyring else sources.keep)(key, replace=replace))
    if as_json:
        print_json({"id": key.id, "place": place})
    else:
        click.echo(one_line(f"kept the key {key.id} in {place}"))
    if os.environ.get(VARIABLE):
        click.echo(f"warning: {VARIABLE} is set here, and that key comes first", err=True)
