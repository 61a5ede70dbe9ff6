"""How far something is, on one line of a terminal; elsewhere nothing."""

import sys
from types import TracebackType
from typing import Self

import click


class ProgressLine:
    """`show` rewrites the line "verb N%" when the number has changed; at the end it is wiped."""

    def __init__(self, verb: str) -> None:
        self._verb, self._shown = verb, -1
        self._wanted = sys.stderr.isatty()

    def show(self, done: int, total: int) -> None:
        percent = 100 * done // total if total else 100
        if self._wanted and percent != self._shown:
            self._shown = percent
            click.echo(f"\r{self._verb} {percent}%", nl=False, err=True)

    def say(self, text: str) -> None:
        """Show a text in place of what is there."""
        if self._wanted:
            self._shown = 0
            click.echo(f"\r\x1b[K{text}", nl=False, err=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown >= 0:
            click.echo("\r\x1b[K", nl=False, err=True)
