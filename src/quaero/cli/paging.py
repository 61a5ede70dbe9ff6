"""Pages of lists that are ordered by name: `--limit`, and `--cursor` with the last name of the page before."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from quaero.cli.options import DEFAULT_LIMIT, MOST_ITEMS

F = TypeVar("F", bound=Callable[..., Any])


def page_by_name(function: F) -> F:
    """The options."""
    limited = click.option(
        "--limit",
        type=click.IntRange(1, MOST_ITEMS),
        default=DEFAULT_LIMIT,
        show_default=True,
        help="How many.",
    )
    continued = click.option(
        "--cursor", metavar="NAME", help="Go on after this one (next_cursor of the last page)."
    )
    return limited(continued(function))
