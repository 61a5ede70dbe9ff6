"""What a person may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(written: str, known: Iterable[str]) -> str:
    """A remedy: the known name that is alike, or all of them."""
    names = sorted(known)
    alike = nearest_name(written, names)
    return f'Did you mean "{alike}"?' if alike else f"Known are: {', '.join(names)}"


def nearest_name(written: str, known: Iterable[str]) -> str | None:
    """The known name that is alike; None: none is."""
    return next(iter(get_close_matches(written[:100], list(known), n=1)), None)
