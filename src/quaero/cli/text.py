"""Text for people: safe to print, dates, durations, tables."""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from quaero.models.job import Job

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str) -> str:
    """The text without what a terminal would obey: control characters and changes of direction."""
    if text.isprintable():
        return text
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) in _HIDDEN else character
        for character in text
    )


def one_line(text: str) -> str:
    """The text on one line, safe to print."""
    return printable(" ".join(text.split()))


def shortened(text: str, width: int) -> str:
    """At most `width` characters, the end replaced by an ellipsis where it is longer."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def failure_text(job: "Job") -> str:
    """What failed and why; most errors already begin with the name of their job."""
    error = one_line(job.error or job.error_code or "")
    name = one_line(job.name)
    return error if error.startswith(name) else f"{name}: {error}"


def gate_text(scope: str, key: str) -> str:
    """What a gate holds back: `everything`, `type crawler_url`."""
    return one_line(f"{scope} {key}") if key else "everything"


def local_time(milliseconds: int | None) -> str:
    """Date and time of the machine's zone, to the second."""
    if milliseconds is None:
        return "-"
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone():%Y-%m-%d %H:%M:%S}"


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
