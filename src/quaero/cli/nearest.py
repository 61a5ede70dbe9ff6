"""What a person may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(written: str, known: Iterable[str]) -> str:
    """A remedy: the known name that is alike, or all of them."""
    names = sorted(known)
    alike = get_close_matches(written[:100], names, n=1)
    return f'Did you mean "{alike[0]}"?' if alike else f"Known are: {', '.join(names)}"
