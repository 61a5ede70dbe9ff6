"""A place as a page to read and to search in."""

import re
from collections.abc import Iterator
from typing import Final

from quaero.places.place import Place

_MARKS: Final = re.compile(r"([\\`*_\[\]<>|~#$&!])")
_LIST_MARK: Final = re.compile(r"^([-+]|\d+[.)])(?=\s|$)")


def markdown_of(place: Place) -> str:
    """Name, facts and attribution. What providers say stands there as plain text, whatever it looks like."""
    lines = [f"# {_plain(place.name)}", ""]
    lines += [f"- {label}: {value}" for label, value in _facts(place)]
    if len(place.opening_hours) > 1:
        lines += ["", "## Opening hours", "", *(f"- {_plain(each)}" for each in place.opening_hours)]
    return "\n".join([*lines, "", f"Source: {_plain(place.attribution)}", ""])


def _facts(place: Place) -> Iterator[tuple[str, str]]:
    if place.address:
        yield "Address", _plain(place.address)
    if place.categories:
        yield "Categories", ", ".join(_plain(_words(each)) for each in place.categories)
    if len(place.opening_hours) == 1:
        yield "Opening hours", _plain(place.opening_hours[0])
    if place.rating is not None:
        people = "" if place.rating_count is None else f" ({place.rating_count} ratings)"
        yield "Rating", f"{place.rating:g} of 5{people}"
    if place.price_level:
        yield "Price level", _plain(place.price_level)
    if place.phone:
        yield "Phone", _plain(place.phone)
    if place.website:
        yield "Website", f"<{place.website}>"
    if place.business_status:
        yield "Status", _plain(place.business_status)
    yield "Coordinates", f"{place.latitude:.6f}, {place.longitude:.6f}"
    yield "Map", f"<{place.map_link}>"


def _words(category: str) -> str:
    """`amenity=fast_food` → `amenity: fast food`."""
    return category.replace("_", " ").replace("=", ": ", 1)


def _plain(text: str) -> str:
    """Text that means nothing in Markdown."""
    return _LIST_MARK.sub(lambda mark: f"\\{mark[0]}", _MARKS.sub(r"\\\1", text))
