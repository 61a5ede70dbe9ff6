"""Google's Places API (New): requests and answers of `places:searchText` and `places:searchNearby`.

After the published interface definition. The field mask decides what comes and what it costs.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from quaero.models.errors import JobFailure
from quaero.places.area import Box, Circle
from quaero.places.json_values import MOST_ENTRIES, count, decoded, link, number, text, text_at, texts
from quaero.places.place import Found, Place
from quaero.places.problems import busy, of_status, phrase, wrong_shape
from quaero.places.query import Query, Request, SearchType, ServiceName

PROVIDER: Final = "google"
KEY_HEADER: Final = "X-Goog-Api-Key"
MOST_OF_A_PAGE: Final = 20
MOST_OF_A_TEXT_SEARCH: Final = 60
KEPT_MS: Final = 30 * 24 * 3_600_000
"""How long what Google says about a place may be kept; its id may be kept for ever."""

FIELDS: Final = (
    "id", "displayName", "formattedAddress", "addressComponents", "location", "types", "primaryType", "rating",
    "userRatingCount", "priceLevel", "websiteUri", "internationalPhoneNumber", "nationalPhoneNumber",
    "regularOpeningHours", "googleMapsUri", "businessStatus", "attributions",
)  # fmt: skip

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,300}")


class Google:
    """The service for all searches of provider google; `most` depends on their type."""

    name: ServiceName = "google"
    paced, kept, keyed = False, False, True

    def __init__(self, search_type: SearchType) -> None:
        self.most = MOST_OF_A_PAGE if search_type == "nearby_search" else MOST_OF_A_TEXT_SEARCH
        self.pages = self.most // MOST_OF_A_PAGE

    def request_of(self, query: Query, page: str) -> Request:
        """The request for the first page (`page` is ""), or for the one that an answer led to."""
        if query.search_type == "nearby_search":
            return _request("searchNearby", _nearby(query), ())
        body = _text_search(query)
        return _request("searchText", body | {"pageToken": page} if page else body, ("nextPageToken",))

    def found_in(self, body: bytes, query: Query) -> Found:
        """The places of an answer; `{}` has none. `JobFailure`: it is none of Google's."""
        answer = decoded(body)
        if not isinstance(answer, Mapping) or "error" in answer:
            raise wrong_shape("a table with places")
        entries = answer.get("places", [])
        if not isinstance(entries, list):
            raise wrong_shape("a table with places")
        places = [_place(each) for each in entries if isinstance(each, Mapping)]
        readable = tuple(place for place in places if place is not None)
        return Found(readable, text_at(answer, "nextPageToken"), len(entries) - len(readable))

    def problem(self, status: int, body: bytes, retry_after: float | None) -> JobFailure:
        """Of an answer that is no success, in Google's words where it has some."""
        error = _error_in(body)
        message = text_at(error, "message")
        told = f"{status} {text_at(error, 'status') or phrase(status)}: {message or 'it does not say why'}"
        if status == 429:
            return busy(told, retry_after)
        if status in (401, 403) or any(each.startswith("API_KEY_") for each in _reasons(error)):
            return JobFailure(
                f"Google refuses the key ({told})",
                code="places_refused",
                remedy="Is it valid, allowed here, and the Places API (New) enabled for it?",
            )
        if 400 <= status < 500 and status != 408:
            return JobFailure(f"Google does not take this request ({told})", code="places_bad_request")
        return of_status(status, retry_after)


def _request(method: str, body: Mapping[str, Any], further: tuple[str, ...]) -> Request:
    mask = ",".join((*(f"places.{field}" for field in FIELDS), *further))
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "X-Goog-FieldMask": mask,
    }
    return Request("POST", f"/v1/places:{method}", headers, json.dumps(body).encode())


def _text_search(query: Query) -> dict[str, Any]:
    """All but the page token must be the same for every page."""
    of_a_page = MOST_OF_A_PAGE if _chooses_here(query) else min(query.most, MOST_OF_A_PAGE)
    body: dict[str, Any] = {"textQuery": query.text, "pageSize": of_a_page}
    if query.kind:
        body |= {"includedType": query.kind, "strictTypeFiltering": True}
    if query.min_rating is not None:
        # Google rounds up to halves, which would leave out places that are good enough: we choose exactly.
        body["minRating"] = math.floor(query.min_rating * 2) / 2
    if query.open_now:
        body["openNow"] = True
    if query.area is not None:
        body |= _within(query.area)
    return body | _language(query)


def _nearby(query: Query) -> dict[str, Any]:
    assert query.area is not None  # noqa: S101 - a search around a point has one
    body: dict[str, Any] = {
        "includedTypes": [query.kind],
        "maxResultCount": MOST_OF_A_PAGE if _chooses_here(query) else min(query.most, MOST_OF_A_PAGE),
        "rankPreference": "DISTANCE",
        "locationRestriction": {"circle": _circle(query.area)},
    }
    return body | _language(query)


def _chooses_here(query: Query) -> bool:
    """Whether some of what comes may not fit, so that all that one page can hold is asked for."""
    in_a_text = query.search_type == "text_search" and query.area is not None
    return in_a_text or query.open_now or query.min_rating is not None


def _within(area: Circle) -> dict[str, Any]:
    """A text search takes no circle, but a box that is not wider than half the globe."""
    box = area.box()
    if box.east - box.west > 180:
        return {"locationBias": {"circle": _circle(area)}}
    return {"locationRestriction": {"rectangle": _rectangle(box)}}


def _language(query: Query) -> dict[str, str]:
    named = {"languageCode": query.language, "regionCode": query.region.upper()}
    return {key: value for key, value in named.items() if value}


def _point(latitude: float, longitude: float) -> dict[str, float]:
    return {"latitude": latitude, "longitude": longitude}


def _circle(area: Circle) -> dict[str, Any]:
    return {"center": _point(area.latitude, area.longitude), "radius": area.radius}


def _rectangle(box: Box) -> dict[str, Any]:
    return {"low": _point(box.south, box.west), "high": _point(box.north, box.east)}


def _error_in(body: bytes) -> object:
    try:
        answer = decoded(body)
    except JobFailure:
        return None
    return answer.get("error") if isinstance(answer, Mapping) else None


def _reasons(error: object) -> list[str]:
    details = error.get("details") if isinstance(error, Mapping) else None
    if not isinstance(details, list):
        return []
    return [text_at(each, "reason") for each in details[:MOST_ENTRIES]]


def _place(entry: Mapping[str, Any]) -> Place | None:
    identity, location = text(entry.get("id")), entry.get("location")
    at = location if isinstance(location, Mapping) else {}
    north, east = number(at.get("latitude"), -90, 90), number(at.get("longitude"), -180, 180)
    if not _ID.fullmatch(identity) or north is None or east is None:
        return None
    hours = entry.get("regularOpeningHours")
    hours = hours if isinstance(hours, Mapping) else {}
    open_now = hours.get("openNow")
    url = f"https://www.google.com/maps/place/?q=place_id:{identity}"
    primary = text(entry.get("primaryType"))
    return Place(
        provider=PROVIDER,
        source_id=identity,
        name=text_at(entry, "displayName", "text") or identity,
        latitude=north,
        longitude=east,
        url=url,
        map_link=link(entry.get("googleMapsUri")) or url,
        attribution=", ".join(("Google Maps", *_attributions(entry.get("attributions")))),
        address=text(entry.get("formattedAddress")),
        address_parts=_address_parts(entry.get("addressComponents")),
        categories=tuple(dict.fromkeys(filter(None, (primary, *texts(entry.get("types")))))),
        opening_hours=texts(hours.get("weekdayDescriptions")),
        rating=number(entry.get("rating"), 0, 5),
        rating_count=count(entry.get("userRatingCount")),
        price_level=_plain_name(entry.get("priceLevel"), "PRICE_LEVEL_"),
        website=link(entry.get("websiteUri")),
        phone=text(entry.get("internationalPhoneNumber")) or text(entry.get("nationalPhoneNumber")),
        business_status=_plain_name(entry.get("businessStatus"), ""),
        open_now=open_now if isinstance(open_now, bool) else None,
    )


def _plain_name(value: object, prefix: str) -> str:
    """`PRICE_LEVEL_VERY_EXPENSIVE` → `very expensive`; "" for what is unspecified."""
    name = text(value).removeprefix(prefix)
    return "" if name.endswith("UNSPECIFIED") else name.replace("_", " ").lower()


def _address_parts(value: object) -> dict[str, str]:
    """The components of an address by their first types."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return {}
    parts: dict[str, str] = {}
    for each in value[:MOST_ENTRIES]:
        types = texts(each.get("types")) if isinstance(each, Mapping) else ()
        if types and (name := text_at(each, "longText")):
            parts.setdefault(types[0], name)
    return parts


def _attributions(value: object) -> list[str]:
    """Those whom Google wants to be named beside itself."""
    if not isinstance(value, list):
        return []
    return [name for each in value[:MOST_ENTRIES] if (name := text_at(each, "provider"))]
