"""Nominatim, the search engine of OpenStreetMap: requests and answers.

After its documentation (`/search` with `format=jsonv2`), and its usage policy: at most one request a second, an honest
user agent, answers that are kept, and the attribution.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from quaero.models.errors import JobFailure
from quaero.places import openstreetmap
from quaero.places.area import Box
from quaero.places.json_values import decoded, table, text
from quaero.places.place import Found, Place
from quaero.places.problems import of_status, wrong_shape
from quaero.places.query import Query, Request, ServiceName

MOST: Final = 40
"""Places that one request may ask for; there are no further pages."""


class Nominatim:
    """The service for text searches."""

    name: ServiceName = "nominatim"
    most, pages = MOST, 1
    paced, kept, keyed = True, True, False

    def request_of(self, query: Query, page: str) -> Request:
        """All that Nominatim gives where some of it may not fit, otherwise as many as are wanted."""
        chosen_here = query.area is not None or bool(query.kind)
        parameters = {
            "q": query.text,
            "format": "jsonv2",
            "addressdetails": "1",
            "extratags": "1",
            "limit": str(MOST if chosen_here else min(query.most, MOST)),
        }
        if query.area is not None:
            parameters |= {"viewbox": _viewbox(query.area.box()), "bounded": "1"}
        if query.region:
            parameters["countrycodes"] = query.region.lower()
        if query.language:
            parameters["accept-language"] = query.language
        return Request("GET", f"/search?{urlencode(parameters)}", {"Accept": "application/json"})

    def found_in(self, body: bytes, query: Query) -> Found:
        """The places of an answer that are of the kind that is wanted. `JobFailure`: it is none of Nominatim's."""
        entries = decoded(body)
        if not isinstance(entries, list):
            raise wrong_shape("a list of places")
        places = [_place(each) for each in entries if isinstance(each, Mapping)]
        readable = [place for place in places if place is not None]
        wanted = tuple(place for place in readable if openstreetmap.matches(place, query.kind))
        return Found(wanted, unreadable=len(entries) - len(readable))

    def problem(self, status: int, body: bytes, retry_after: float | None) -> JobFailure:
        """The body is a page for people, or repeats the status."""
        return of_status(status, retry_after)


def _viewbox(box: Box) -> str:
    """West, north, east, south; there is no way to say that a box crosses the 180th meridian."""
    west, east = (-180.0, 180.0) if box.west > box.east else (box.west, box.east)
    return ",".join(f"{degrees:.6f}" for degrees in (west, box.north, east, box.south))


def _place(entry: Mapping[str, Any]) -> Place | None:
    category, kind = text(entry.get("category")), text(entry.get("type"))
    whole = text(entry.get("display_name"))
    return openstreetmap.place_of(
        entry.get("osm_type"),
        entry.get("osm_id"),
        entry.get("lat"),
        entry.get("lon"),
        name=text(entry.get("name")) or whole.partition(",")[0],
        tags=openstreetmap.tags_of(entry.get("extratags")),
        categories=(f"{category}={kind}",) if category and kind else (),
        address=whole,
        address_parts=table(entry.get("address")),
    )
