"""Pages of lists that are ordered by name: `--limit`, and `--cursor` with the last name of the page before."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from quaero.cli.options import DEFAULT_LIMIT, MOST_ITEMS

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


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


def page_of(
    items: Iterable[T], name: Callable[[T], str], limit: int, cursor: str | None
) -> tuple[list[T], str | None]:
    """The items after the cursor, at most so many, and the cursor of the next page."""
    rest = [item for item in sorted(items, key=name) if cursor is None or name(item) > cursor]
    return rest[:limit], name(rest[limit - 1]) if len(rest) > limit else None
