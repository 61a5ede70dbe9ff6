"""Lines that are drawn anew in their place on a terminal, and printed when they changed elsewhere."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import click

from quaero.cli.live.view import can_draw

if TYPE_CHECKING:
    from rich.live import Live


class Screen:
    """On standard output."""

    def __init__(self) -> None:
        self._live = _live() if can_draw(sys.stdout) else None
        self._shown: list[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, lines: Sequence[str]) -> None:
        """On a terminal no more of them than it has room for."""
        if self._live is not None:
            self._draw(self._live, lines)
        elif list(lines) != self._shown:
            if self._shown is not None:
                click.echo()
            for line in lines:
                click.echo(line)
        self._shown = list(lines)

    def _draw(self, live: "Live", lines: Sequence[str]) -> None:
        from rich.console import Group
        from rich.text import Text

        room = live.console.size.height - 1
        shown = [Text(line, no_wrap=True, overflow="ellipsis") for line in lines[:room]]
        if len(lines) > room:
            shown[-1:] = [Text(f"… {len(lines) - room + 1} more lines", "dim")]
        live.start()
        live.update(Group(*shown), refresh=True)


def _live() -> "Live":
    from rich.console import Console
    from rich.live import Live

    console = Console(highlight=False, markup=False, emoji=False)
    return Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
