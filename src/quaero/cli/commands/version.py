"""`quaero version`."""

import platform

import click

from quaero.cli.command import Command
from quaero.cli.options import as_json
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json
from quaero.cli.version import quaero_version, version_line


@click.command(cls=Command)
@as_json
@pass_session
def show_version(_: Session, as_json: bool) -> None:
    """Show the version."""
    if as_json:
        print_json({"quaero": quaero_version(), "python": platform.python_version()})
    else:
        click.echo(version_line())
