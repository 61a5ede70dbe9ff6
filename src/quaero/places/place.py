"""A place as a provider knows it, in one form for all providers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

SOURCE_TYPE: Final = "place"


@dataclass(frozen=True, slots=True)
class Place:
    """One place. Empty texts and lists, and None: the provider does not say.

    `source_id` is stable at its provider. Coordinates are degrees (WGS 84). `rating` is of 5, from `rating_count`
    people. `url` is the address by which it is known, `map_link` where a person looks at it. `open_now` is of the
    moment of the answer, and not stored.
    """

    provider: str
    source_id: str
    name: str
    latitude: float
    longitude: float
    url: str
    map_link: str
    attribution: str
    address: str = ""
    address_parts: Mapping[str, str] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    opening_hours: tuple[str, ...] = ()
    rating: float | None = None
    rating_count: int | None = None
    price_level: str = ""
    website: str = ""
    phone: str = ""
    business_status: str = ""
    open_now: bool | None = None

    def facts(self) -> dict[str, Any]:
        """All that is stored, as plain JSON values in a fixed order."""
        values = asdict(self)
        del values["open_now"]
        return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


@dataclass(frozen=True, slots=True)
class Found:
    """What one answer holds.

    `next_page` leads to the rest, "": there is none. `unreadable`: entries that are no places. `cut`: the provider
    has more than it was ready to give.
    """

    places: tuple[Place, ...]
    next_page: str = ""
    unreadable: int = 0
    cut: bool = False
