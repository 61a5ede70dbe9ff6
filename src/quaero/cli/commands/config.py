"""`quaero config show`."""

import click

from quaero.cli.command import Command
from quaero.cli.options import as_json
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json, print_table
from quaero.views.system_shapes import settings_json


@click.command(cls=Command)
@as_json
@pass_session
def show_config(session: Session, as_json: bool) -> None:
    """Show each setting and where it comes from.

    The order is: flag, environment variable, quaero.toml (in this folder, else in the per-user config folder),
    default. Passwords are masked.
    """
    origins = session.settings().origins
    if as_json:
        print_json({"settings": settings_json(origins)})
        return
    rows = [(each.key, each.value or "-", each.source, each.variable) for each in origins]
    print_table(("setting", "value", "from", "variable"), rows)
