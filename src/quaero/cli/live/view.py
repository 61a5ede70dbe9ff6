"""Which way of showing a run fits where the output goes."""

import os
import sys
from typing import TextIO

import click

from quaero.cli.live.frame import Frame, View
from quaero.cli.live.plain import PlainView


class SilentView:
    """Shows nothing."""

    wants_running = False

    def say(self, text: str) -> None:
        """Nobody listens."""

    def show(self, frame: Frame) -> None:
        """Nobody looks."""

    def close(self) -> None:
        """Nothing to tidy up."""


def can_draw(stream: TextIO) -> bool:
    """Whether it is a terminal that can draw over what it shows."""
    return stream.isatty() and os.environ.get("TERM") not in (None, "", "dumb")


def view_for(*, as_json: bool) -> View:
    """The live tree on a terminal, lines elsewhere. Beside JSON only a terminal on standard error gets any."""
    stream = sys.stderr if as_json else sys.stdout
    if can_draw(stream):
        from quaero.cli.live.tree import TreeView

        return TreeView.on(stream)
    return SilentView() if as_json else PlainView(click.echo)
