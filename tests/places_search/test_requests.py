"""Requests at the edges of the globe, and what is said of answers at their limit."""

import json
from typing import Any

from quaero.places.area import Circle
from quaero.places.google import Google
from quaero.places.nominatim import Nominatim
from quaero.places.overpass import MOST, Overpass
from quaero.places.place import Place
from quaero.places.query import Query
from quaero.places.selection import chosen
from tests.places_search.answers import OVERPASS

FIJI = Circle(-17.0, 179.99, 5_000)


def body_of(query: Query) -> Any:
    return json.loads(Google(query.search_type).request_of(query, "").body or b"")


def test_nominatim_is_asked_all_around_where_a_box_crosses_the_180th_meridian() -> None:
    request = Nominatim().request_of(Query("hotel", area=FIJI), "")

    assert "viewbox=-180.000000%2C-16.955034%2C180.000000%2C-17.044966" in request.path


def test_google_takes_a_box_across_the_180th_meridian() -> None:
    box = body_of(Query("hotel", area=FIJI))["locationRestriction"]["rectangle"]

    assert box["low"]["longitude"] > 179 > 0 > box["high"]["longitude"]


def test_at_a_pole_google_gets_a_circle_because_a_box_would_be_too_wide() -> None:
    body = body_of(Query("station", area=Circle(-90.0, 0.0, 1_000)))

    assert "locationRestriction" not in body
    assert body["locationBias"]["circle"]["center"] == {"latitude": -90.0, "longitude": 0.0}


def test_what_is_across_the_180th_meridian_is_as_near_as_it_is() -> None:
    there = _place(-179.99)

    assert chosen([there], Query("hotel", area=FIJI), 5) == (there,)
    assert chosen([_place(0.0)], Query("hotel", area=FIJI), 5) == ()


def test_an_answer_that_is_full_may_lack_something() -> None:
    [_, cafe] = OVERPASS["elements"]
    for count, cut in ((MOST - 1, False), (MOST, True)):
        elements = [cafe | {"id": number} for number in range(count)]
        found = Overpass().found_in(json.dumps(OVERPASS | {"elements": elements}).encode(), Query("cafe"))
        assert (len(found.places), found.cut) == (count, cut)


def _place(longitude: float) -> Place:
    url = "https://www.openstreetmap.org/node/1"
    return Place("openstreetmap", "node/1", "A hotel", -17.0, longitude, url, url, "")
