"""`quaero demo`."""

import click

from quaero.cli.command import Command
from quaero.cli.session import Session, pass_session


@click.command(cls=Command)
@click.option("--keep", is_flag=True, help="Keep the collected documents, and say where they are.")
@pass_session
def demo(session: Session, keep: bool) -> int:
    """Try the whole thing offline, on a bundled sample site.

    Serves the site on this machine, crawls all of it, builds the search index and searches. The documents go into
    a database of their own that is removed afterwards, unless --keep or --database is given.
    """
    import tempfile
    from contextlib import ExitStack
    from dataclasses import replace
    from pathlib import Path

    from quaero.cli.demonstration import demonstrate

    with ExitStack() as stack:
        if session.database is None:
            if keep:
                folder = Path(tempfile.mkdtemp(prefix="quaero-demo-"))
            else:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="quaero-demo-")))
            session = replace(session, database=f"sqlite:///{folder / 'demo.db'}")
        else:
            keep = True
        return demonstrate(session, kept=keep)
