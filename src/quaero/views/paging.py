"""Pages of lists that are ordered by name: the cursor is the last name of the page before."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def page_of(
    items: Iterable[T], name: Callable[[T], str], limit: int, cursor: str | None
) -> tuple[list[T], str | None]:
    """The items after the cursor, at most so many, and the cursor of the next page."""
    rest = [item for item in sorted(items, key=name) if cursor is None or name(item) > cursor]
    return rest[:limit], name(rest[limit - 1]) if len(rest) > limit else None
