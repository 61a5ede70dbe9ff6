"""Printing: JSON, tables."""

import json
from collections.abc import Iterable, Sequence

import click

from quaero.views.text import one_line, shortened


def print_json(value: object) -> None:
    """One JSON document on standard output, in UTF-8 whatever the terminal speaks."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    click.echo(text.encode("utf-8", "replace"))


def print_json_line(value: object) -> None:
    """One of several JSON documents, on a line of its own."""
    click.echo(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns as wide as their widest cell; the last one takes what is left of the line on a terminal."""
    for line in table_lines(head, rows):
        click.echo(line)


def table_lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    room = _line_width() - sum(widths[:-1]) - 2 * (len(widths) - 1)
    lines = []
    for row in [list(head), *cells]:
        padded = [cell.ljust(width) for cell, width in zip(row[:-1], widths[:-1], strict=True)]
        lines.append("  ".join([*padded, shortened(row[-1], max(room, 20))]).rstrip())
    return lines


def _line_width() -> int:
    import os
    import sys

    return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else 10_000
