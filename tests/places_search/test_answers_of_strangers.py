"""Whatever a service sends: places that can be stored, or a failure; never anything else."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quaero.jobs.worker.place_document import document_of
from quaero.models.errors import JobFailure
from quaero.places.area import Circle
from quaero.places.google import Google
from quaero.places.json_values import LONGEST_TEXT, link, text
from quaero.places.nominatim import Nominatim
from quaero.places.overpass import Overpass, program
from quaero.places.providers import Service
from quaero.places.query import Query, kind_of
from tests.places_search.answers import CAFE, OVERPASS, google_place

SERVICES: tuple[tuple[Service, Any], ...] = (
    (Nominatim(), [CAFE]),
    (Overpass(), OVERPASS),
    (Google("text_search"), {"places": [google_place(1)]}),
)

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(("service", "answer"), SERVICES, ids=lambda each: getattr(each, "name", ""))
@settings(deadline=None)
@given(data=st.data())
def test_an_answer_with_anything_in_any_place_harms_nobody(
    service: Service, answer: Any, data: st.DataObject
) -> None:
    changed = json.loads(json.dumps(answer))
    for _ in range(data.draw(st.integers(1, 3))):
        changed = _with(changed, data)

    _read(service, json.dumps(changed).encode())


@pytest.mark.parametrize("service", [each for each, _ in SERVICES], ids=lambda each: each.name)
@settings(deadline=None)
@given(body=st.binary(max_size=200) | anything.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_refused(service: Service, body: bytes) -> None:
    _read(service, body)
    assert service.problem(400, body, None).line()


def _with(value: Any, data: st.DataObject) -> Any:
    """The value with anything in the place of a part of it."""
    inside = value and isinstance(value, dict | list)
    if not inside or data.draw(st.integers(0, 4)) == 0:
        return data.draw(anything)
    if isinstance(value, dict):
        key = data.draw(st.sampled_from(sorted(value)))
        return value | {key: _with(value[key], data)}
    place = data.draw(st.integers(0, len(value) - 1))
    return [*value[:place], _with(value[place], data), *value[place + 1 :]]


def _read(service: Service, body: bytes) -> None:
    try:
        found = service.found_in(body, Query("cafe"))
    except JobFailure:
        return
    for place in found.places:
        document = document_of(place, 0, ())
        assert document.title == " ".join(document.title.split())
        assert document.url.startswith(("http://", "https://"))
        assert -90 <= place.latitude <= 90
        json.dumps(dict(document.metadata), allow_nan=False).encode()
        assert "\x00" not in document.markdown + document.title
        assert len(document.markdown) < 1_000_000


@settings(deadline=None)
@given(written=st.text(max_size=100))
def test_no_type_of_place_can_break_out_of_a_query(written: str) -> None:
    kind = kind_of(written)
    if kind is None:
        return
    asked = re.sub('"[^"]+"', "", program(kind, Circle(1, 2, 3)))
    statement = r"nwr\[=\]\(around:3,1\.0000000,2\.0000000\);"
    assert re.fullmatch(rf"\[out:json\]\[timeout:25\];\(({statement})+\);out center 1000;", asked)


@settings(deadline=None)
@given(written=st.text(max_size=3 * LONGEST_TEXT))
def test_a_text_is_one_short_line(written: str) -> None:
    shown = text(written)
    assert len(shown) <= LONGEST_TEXT
    assert shown == " ".join(shown.split())


@pytest.mark.parametrize(
    "written",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example", "http://", "https://a b", 'http://a"b', 5],
)
def test_what_is_no_web_address_is_no_link(written: object) -> None:
    assert link(written) == ""
