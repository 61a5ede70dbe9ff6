"""What a provider cannot do is a mistake in the definition, with its line; the rest is read as it was meant."""

from typing import Any

import pytest

from quaero.jobs.definitions.reader import NO_VALUES, InvalidDefinition, read_definition
from quaero.jobs.manager.places_search_manager import PlacesSearchConfig
from quaero.models.placeholders import Values
from quaero.models.toml_writer import toml_pairs

HERE = {"latitude": 52.5, "longitude": 13.4}
NEARBY = {"search_type": "nearby_search", "location": HERE}


def complaints(values: Values = NO_VALUES, /, **config: Any) -> list[str]:
    text = f"""
id = "places"
name = "Places"
[[steps]]
name = "search"
action = "places_search"
[steps.config]
{toml_pairs(config)}"""
    try:
        read_definition(
            text, file="places.toml", managers={"places_search": PlacesSearchConfig}, values=values
        )
    except InvalidDefinition as error:
        return [each.line_text() for each in error.complaints]
    return []


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"provider": "google", "max_results": 60, "filters": {"type": "cafe", "min_rating": 4, "open_now": True}},
        {"location": HERE | {"radius": 2.5}, "language": "pt-BR", "region": "br", "max_age": "0s"},
        NEARBY | {"search_query": "Book store", "max_results": 1000},
        NEARBY | {"search_query": "somewhere nice, with cake", "filters": {"type": "amenity=cafe"}},
        NEARBY | {"provider": "google", "search_query": "cafe", "max_results": 20, "region": "DE"},
    ],
)  # fmt: skip
def test_what_a_provider_can_do_is_taken(config: dict[str, Any]) -> None:
    assert complaints(**{"search_query": "cafe", **config}) == []


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"search_query": None}, "search_query: this key is required"),
        ({"search_query": "  "}, "expected what to look for"),
        ({"provider": "gogle"}, 'did you mean "google"?'),
        ({"search_type": "nearby"}, 'did you mean "nearby_search"?'),
        ({"search_type": "nearby_search"}, "a nearby search needs a location"),
        (NEARBY | {"search_query": "étoile & more!"}, "search_query: a nearby search looks for one type of place"),
        (NEARBY | {"provider": "google", "search_query": "amenity=cafe"}, "looks for one type of place"),
        (NEARBY | {"region": "DE"}, "region: a nearby search of provider nominatim"),
        ({"filters": {"min_rating": 4}}, "filters: min_rating needs ratings"),
        ({"filters": {"open_now": True}}, "filters: open_now needs ratings and opening hours"),
        ({"filters": {"min_rating": 5.5}, "provider": "google"}, "filters.min_rating: must be at most 5"),
        ({"filters": {"type": "caf\"e"}}, "filters.type: 'caf\"e' is no type of place"),
        ({"filters": {"kind": "cafe"}}, "filters.kind: unknown key"),
        ({"provider": "google", "filters": {"type": "shop=books"}}, "is a tag of OpenStreetMap"),
        ({"max_results": 41}, "max_results: provider nominatim gives no more than 40 places in a text_search"),
        ({"provider": "google", "max_results": 61}, "no more than 60"),
        (NEARBY | {"provider": "google", "max_results": 21}, "no more than 20"),
        ({"provider": "google", "max_age": "1d"}, "max_age: the answers of provider google are not kept"),
        ({"max_age": 5}, "expected a duration in quotes"),
        ({"location": {"latitude": 91, "longitude": 0}}, "location.latitude: must be at most 90"),
        ({"location": HERE | {"radius": 0}}, "location.radius: must be more than 0"),
        ({"location": HERE | {"radius": 50_001}}, "location.radius: must be at most 50000"),
        ({"location": {"latitude": 1}}, "location.longitude: this key is required"),
        ({"language": "en\r\nX-Evil: 1"}, "language"),
        ({"region": "Germany"}, "region"),
    ],
)  # fmt: skip
def test_what_it_cannot_do_is_said_when_the_definition_is_read(config: dict[str, Any], told: str) -> None:
    given = {"search_query": "cafe", **config}
    [line] = complaints(**{key: value for key, value in given.items() if value is not None})
    assert told in line


def test_all_mistakes_are_said_at_once() -> None:
    found = complaints(provider="google", search_query="", location={"latitude": 200}, max_results=0)

    assert len(found) == 4


SECRET = Values({}, {"WANTED": "a secret, spelled out!"})


@pytest.mark.parametrize(
    "config",
    [
        NEARBY | {"search_query": "{env:WANTED}", "filters": {"open_now": False}},
        {"search_query": "cafe", "filters": {"type": "{env:WANTED}"}},
        {"search_query": "cafe", "region": "{env:WANTED}"},
    ],
)
def test_what_a_placeholder_stands_for_is_not_quoted_and_is_checked_where_it_is_known(
    config: dict[str, Any],
) -> None:
    [line] = complaints(SECRET, **config)
    assert "spelled" not in line
    assert complaints(Values({}, {}), **config) == []
