"""What the pages of documents and of search share: facets as links, addresses that may be opened."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a facet: how many documents have it, and where it leads; chosen: to the list without it."""

    label: str
    count: int | None
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """Choices under a title."""

    title: str
    choices: tuple[Choice, ...]


def address(path: str, parameters: Mapping[str, str | Sequence[str] | None]) -> str:
    """A path of ours with those of the parameters that say something."""
    given = [(name, value) for name, value in parameters.items() if value]
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


def web_address(url: str) -> str | None:
    """The URL when a browser may open it: pages of the web; None for files, places and other things."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def counted(counts: Mapping[str, int], chosen: Iterable[str]) -> list[tuple[str, int | None]]:
    """Values with their counts, those that are chosen even where nothing has them."""
    return [*counts.items(), *((value, None) for value in chosen if value not in counts)]
