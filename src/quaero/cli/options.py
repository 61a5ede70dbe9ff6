"""Options that many commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_LIMIT = 50
MOST_ITEMS = 1_000
LARGEST_ID = 2**63 - 1

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
job_id = click.argument("job_id", metavar="ID", type=click.IntRange(1, LARGEST_ID))


def page(function: F) -> F:
    """`--limit`, `--cursor`: which part of a list."""
    limited = click.option(
        "--limit",
        type=click.IntRange(1, MOST_ITEMS),
        default=DEFAULT_LIMIT,
        show_default=True,
        help="How many.",
    )
    continued = click.option(
        "--cursor",
        type=click.IntRange(0, LARGEST_ID),
        help="Go on where the last page ended (its next_cursor).",
    )
    return limited(continued(function))


def print_next_page(next_cursor: int | str | None, shown: int, total: int) -> None:
    """Tell a person how to see the rest of a list."""
    if next_cursor is not None:
        click.echo(f"{shown} of {total}. More: the same command with --cursor {next_cursor}", err=True)
