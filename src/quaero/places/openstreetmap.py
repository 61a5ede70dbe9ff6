"""What the services over the data of OpenStreetMap share: how an object is named, and what its tags say.

Tags: the OpenStreetMap wiki, "Map features" and "Key:addr".
"""

from collections.abc import Mapping
from typing import Final

from quaero.places.json_values import count, link, number, table
from quaero.places.place import Place

ATTRIBUTION: Final = "© OpenStreetMap contributors, ODbL 1.0, https://www.openstreetmap.org/copyright"
PROVIDER: Final = "openstreetmap"

KIND_KEYS: Final = (
    "amenity", "shop", "tourism", "leisure", "office", "craft", "healthcare", "historic", "natural",
    "public_transport", "railway", "aeroway", "emergency", "man_made", "place",
)  # fmt: skip
"""The keys of tags that say what kind of place it is."""

MOST_TAGS: Final = 2_000

_OBJECTS: Final = ("node", "way", "relation")
_ADDRESS: Final = "addr:"
_STREET: Final = ("street", "place", "housename")
_WEBSITE: Final = ("website", "contact:website", "url")
_TOWN: Final = ("city", "town", "village", "hamlet", "suburb")


def place_of(
    object_type: object,
    object_id: object,
    latitude: object,
    longitude: object,
    *,
    name: str,
    tags: Mapping[str, str],
    categories: tuple[str, ...],
    address: str,
    address_parts: Mapping[str, str],
) -> Place | None:
    """The place that an object of OpenStreetMap is; None without an identity and coordinates."""
    identity, north = count(object_id), number(latitude, -90, 90)
    east = number(longitude, -180, 180)
    if object_type not in _OBJECTS or identity is None or north is None or east is None:
        return None
    hours = tags.get("opening_hours", "")
    url = f"https://www.openstreetmap.org/{object_type}/{identity}"
    return Place(
        provider=PROVIDER,
        source_id=f"{object_type}/{identity}",
        name=name or _unnamed(categories, f"{object_type} {identity}"),
        latitude=north,
        longitude=east,
        url=url,
        map_link=url,
        attribution=ATTRIBUTION,
        address=address,
        address_parts=address_parts,
        categories=categories,
        opening_hours=(hours,) if hours else (),
        website=_website(tags),
        phone=tags.get("phone") or tags.get("contact:phone", ""),
        business_status=_status(tags),
    )


def matches(place: Place, kind: str) -> bool:
    """Whether a place is of the kind `key=value`, or of any kind with this key or value."""
    return not kind or any(kind in (each, *each.split("=", 1)) for each in place.categories)


def tags_of(value: object) -> dict[str, str]:
    """The tags of an object. A town has its name in hundreds of languages."""
    return table(value, MOST_TAGS)


def address_of(tags: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """An address as a line and in parts, from the tags `addr:…`."""
    parts = {key.removeprefix(_ADDRESS): each for key, each in tags.items() if key.startswith(_ADDRESS)}
    street = next((parts[key] for key in _STREET if key in parts), "")
    town = next((parts[key] for key in _TOWN if key in parts), "")
    lines = (
        f"{street} {parts.get('housenumber', '')}".strip(),
        f"{parts.get('postcode', '')} {town}".strip(),
        parts.get("country", ""),
    )
    return ", ".join(line for line in lines if line), parts


def _unnamed(categories: tuple[str, ...], instead: str) -> str:
    """What to call a place without a name: what it is."""
    kind = categories[0].partition("=")[2] if categories else ""
    return kind.replace("_", " ").capitalize() or instead


def _website(tags: Mapping[str, str]) -> str:
    """The first of the tags for it that holds an address."""
    return next((found for key in _WEBSITE if (found := link(tags.get(key)))), "")


def _status(tags: Mapping[str, str]) -> str:
    closed = tags.get("opening_hours") == "closed" or any(
        tags.get(key) == "yes" for key in ("disused", "abandoned", "closed")
    )
    return "closed" if closed else ""
