"""Overpass, the query engine of OpenStreetMap, for searches around a point: requests and answers.

After the documentation of Overpass QL. A query that runs out of time or memory is answered with 200 and a `remark`.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from quaero.models.errors import JobFailure
from quaero.places import openstreetmap
from quaero.places.area import Circle
from quaero.places.json_values import decoded, text, text_at
from quaero.places.place import Found, Place
from quaero.places.problems import LONGEST_REASON, of_status, wrong_shape
from quaero.places.query import Query, Request, ServiceName

MOST: Final = 1_000
"""Objects that a query gives at the most. They come in no useful order, so all are asked for, and the nearest kept."""

SECONDS: Final = 25
"""The time that a query may take at the service."""


class Overpass:
    """The service for nearby searches."""

    name: ServiceName = "overpass"
    most, pages = MOST, 1
    paced, kept, keyed = True, True, False

    def request_of(self, query: Query, page: str) -> Request:
        assert query.area is not None  # noqa: S101 - a search around a point has one
        form = urlencode({"data": program(query.kind, query.area)}).encode()
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        return Request("POST", "/api/interpreter", headers, form)

    def found_in(self, body: bytes, query: Query) -> Found:
        """The objects of an answer. `JobFailure`: it is none of Overpass, or the query ran out."""
        answer = decoded(body)
        if not isinstance(answer, Mapping) or not isinstance(answer.get("elements"), list):
            raise wrong_shape("a list of elements")
        if "error" in (remark := text_at(answer, "remark")).lower():
            raise JobFailure(
                f"the service gave up ({remark[:LONGEST_REASON]})",
                code="places_gave_up",
                remedy="Try a smaller radius",
                retryable="timed out" in remark,
            )
        entries = answer["elements"]
        places = [_place(each, query.language) for each in entries if isinstance(each, Mapping)]
        readable = tuple(place for place in places if place is not None)
        return Found(readable, unreadable=len(entries) - len(readable), cut=len(entries) >= MOST)

    def problem(self, status: int, body: bytes, retry_after: float | None) -> JobFailure:
        """The body is a page for people."""
        return of_status(status, retry_after)


def program(kind: str, area: Circle) -> str:
    """The query for objects of a kind (see `query.kind_of`, whose letters need no quoting) in a circle."""
    around = f"(around:{area.radius:.0f},{area.latitude:.7f},{area.longitude:.7f})"
    key, _, value = kind.partition("=")
    wanted = ((key, value),) if value else tuple((each, kind) for each in openstreetmap.KIND_KEYS)
    statements = "".join(f'nwr["{name}"="{of}"]{around};' for name, of in wanted)
    return f"[out:json][timeout:{SECONDS}];({statements});out center {MOST};"


def _place(element: Mapping[str, Any], language: str) -> Place | None:
    tags = openstreetmap.tags_of(element.get("tags"))
    centre = element.get("center")
    at = centre if isinstance(centre, Mapping) else element
    address, parts = openstreetmap.address_of(tags)
    return openstreetmap.place_of(
        element.get("type"),
        element.get("id"),
        at.get("lat"),
        at.get("lon"),
        name=tags.get(f"name:{language.lower()}") or text(tags.get("name")) or text(tags.get("brand")),
        tags=tags,
        categories=tuple(f"{key}={tags[key]}" for key in openstreetmap.KIND_KEYS if key in tags),
        address=address,
        address_parts=parts,
    )
