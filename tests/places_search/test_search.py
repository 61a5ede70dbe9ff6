"""A search becomes documents: one for each place, the same one when it is found again."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from quaero.jobs.engine import Engine
from quaero.models.job import JobKind, JobState
from quaero.search.query import parse_query
from quaero.store.reads import JobFilter
from quaero.testing import SettableClock
from tests.places import Place
from tests.places_search.answers import CAFE, MUSEUM, OVERPASS, google_place, nominatim_place
from tests.places_search.fake_services import Asked, FakeService, Reply
from tests.places_search.kit import KEY, log_of, search, searching, settings_for, stored

HERE = {"latitude": 52.5, "longitude": 13.4, "radius": 1000}
DAY_MS = 24 * 3_600_000


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def engine(
    place: Place, nominatim: FakeService, overpass: FakeService, google: FakeService, clock: SettableClock
) -> AsyncIterator[Engine]:
    async with searching(place, settings_for(nominatim, overpass, google), clock=clock) as engine:
        yield engine


async def test_each_place_is_a_document_that_can_be_read_and_searched(
    engine: Engine, nominatim: FakeService
) -> None:
    nominatim.says([CAFE, MUSEUM])
    summary = await search(engine, search_query="café em Lisboa")

    assert summary.job.state is JobState.COMPLETED
    assert summary.documents.created == 2
    cafe, museum = await stored(engine)
    assert (cafe.source_type, cafe.title, cafe.tags) == ("place", "Café da Garça", ("trip",))
    assert cafe.canonical_url == "https://www.openstreetmap.org/node/4827193650"
    assert museum.canonical_url == "https://www.openstreetmap.org/way/77120934"
    about = cafe.metadata["place"]
    assert (about["latitude"], about["longitude"]) == (38.7117492, -9.1401528)
    assert about["opening_hours"] == ["Mo-Fr 08:00-19:00; Sa 09:00-18:00"]
    assert (about["website"], about["phone"]) == ("https://garca.example/", "+351 21 555 0142")
    assert about["address_parts"]["postcode"] == "1200-018"
    assert "OpenStreetMap contributors" in about["attribution"]
    assert "© OpenStreetMap contributors" in (cafe.markdown or "")
    hits, _ = await engine.store.search(parse_query('"rua do alecrim" cafe'), limit=5)
    assert [hit.document.id for hit in hits] == [cafe.id]


async def test_the_request_says_what_is_looked_for_and_by_whom(
    engine: Engine, nominatim: FakeService
) -> None:
    await search(engine, search_query="café & 茶, 100%", language="pt", region="PT", max_results=7)

    [asked] = nominatim.asked
    assert (asked.method, asked.path) == ("GET", "/search")
    assert asked.parameters == {
        "q": "café & 茶, 100%",
        "format": "jsonv2",
        "addressdetails": "1",
        "extratags": "1",
        "limit": "7",
        "countrycodes": "pt",
        "accept-language": "pt",
    }
    assert asked.headers["user-agent"].startswith("Quaero/")


async def test_a_search_without_places_is_no_failure(
    engine: Engine, nominatim: FakeService, overpass: FakeService, google: FakeService
) -> None:
    nominatim.says([])
    google.says({})
    overpass.says({**OVERPASS, "elements": []})

    for further in (
        {},
        {"provider": "google"},
        {"search_type": "nearby_search", "search_query": "cafe", "location": HERE},
    ):
        summary = await search(engine, **further)
        assert (summary.job.state, summary.documents.created) == (JobState.COMPLETED, 0)
        [job] = (
            await engine.store.jobs(JobFilter(root_id=summary.job.id, kind=JobKind.CHILD), limit=9)
        ).items
        assert job.note == "no places"


async def test_a_rerun_updates_what_changed_and_keeps_what_is_gone(
    engine: Engine, nominatim: FakeService, clock: SettableClock
) -> None:
    nominatim.says([CAFE, MUSEUM, nominatim_place(7)])
    await search(engine)
    before = await stored(engine)
    clock.advance(2 * DAY_MS)
    moved = CAFE | {"extratags": {"opening_hours": "Mo-Su 10:00-22:00"}}
    nominatim.says([moved, MUSEUM])
    summary = await search(engine)

    documents = summary.documents
    assert (documents.created, documents.updated, documents.unchanged) == (0, 1, 1)
    after = await stored(engine)
    assert [each.id for each in after] == [each.id for each in before]
    assert after[0].metadata["place"]["opening_hours"] == ["Mo-Su 10:00-22:00"]
    assert after[0].metadata["place"]["fetched_at"] > before[0].metadata["place"]["fetched_at"]
    assert after[1:] == before[1:]


async def test_an_answer_of_openstreetmap_is_used_again_until_it_is_too_old(
    engine: Engine, nominatim: FakeService, clock: SettableClock
) -> None:
    nominatim.says([CAFE])
    await search(engine, max_age="1d")
    [first] = await stored(engine)
    clock.advance(DAY_MS - 1)
    summary = await search(engine, max_age="1d")
    assert len(nominatim.asked) == 1
    assert summary.documents.unchanged == 1
    assert first.metadata["place"]["fetched_at"][:10] in await log_of(engine, summary)

    await search(engine, search_query="tea in Lisbon", max_age="1d")
    assert len(nominatim.asked) == 2
    clock.advance(2)
    await search(engine, max_age="1d")
    assert len(nominatim.asked) == 3


async def test_only_places_within_the_radius_are_taken(engine: Engine, nominatim: FakeService) -> None:
    nominatim.says([CAFE, MUSEUM])
    await search(engine, location={"latitude": 38.7117, "longitude": -9.1401, "radius": 500})

    [asked] = nominatim.asked
    west, north, east, south = map(float, asked.parameters["viewbox"].split(","))
    assert west < -9.1401 < east
    assert south < 38.7117 < north
    assert (asked.parameters["bounded"], asked.parameters["limit"]) == ("1", "40")
    assert [each.title for each in await stored(engine)] == ["Café da Garça"]


async def test_only_places_of_the_kind_are_taken(engine: Engine, nominatim: FakeService) -> None:
    nominatim.says([CAFE, MUSEUM])
    for kind in ("museum", "tourism=museum"):
        await search(engine, filters={"type": kind})
        assert [each.title for each in await stored(engine)] == ["Museu do Azulejo Pequeno"]


async def test_no_more_places_than_wanted_and_each_once(engine: Engine, nominatim: FakeService) -> None:
    nominatim.says([nominatim_place(number) for number in (1, 1, 2, 3, 4)])
    await search(engine, max_results=3)

    assert [each.title for each in await stored(engine)] == ["Padaria 1", "Padaria 2", "Padaria 3"]


async def test_places_nearby_come_nearest_first_in_the_language_that_is_wanted(
    engine: Engine, overpass: FakeService
) -> None:
    overpass.says(OVERPASS)
    await search(engine, search_query="cafe", search_type="nearby_search", location=HERE, language="en")

    [asked] = overpass.asked
    assert (asked.method, asked.path) == ("POST", "/api/interpreter")
    program = asked.parameters["data"]
    assert program.startswith("[out:json][timeout:25];(")
    assert 'nwr["amenity"="cafe"](around:1000,52.5000000,13.4000000);' in program
    unnamed, named = await stored(engine)
    assert (unnamed.title, unnamed.url) == ("Cafe", "https://www.openstreetmap.org/node/90417")
    assert named.title == "The Watering Can"
    about = named.metadata["place"]
    assert about["address"] == "Gartenweg 3a, 10969 Berlin"
    assert (about["latitude"], about["longitude"]) == (52.5032, 13.4051)


async def test_a_place_with_its_name_in_all_languages_keeps_its_other_tags(
    engine: Engine, overpass: FakeService
) -> None:
    [cafe, _] = OVERPASS["elements"]
    names = {f"name:{first}{second}": "Café" for first in "abcdefghijklmn" for second in "opqrstuvwxyz"}
    overpass.says(
        OVERPASS | {"elements": [cafe | {"tags": names | cafe["tags"] | {"website": "https://w.example"}}]}
    )
    await search(engine, search_query="cafe", search_type="nearby_search", location=HERE)

    [document] = await stored(engine)
    assert document.metadata["place"]["website"] == "https://w.example"
    assert document.title == "Zur Gießkanne"


async def test_a_tag_of_openstreetmap_is_asked_for_as_it_stands(
    engine: Engine, overpass: FakeService
) -> None:
    overpass.says(OVERPASS)
    await search(
        engine,
        search_query="somewhere to sit",
        search_type="nearby_search",
        location=HERE,
        filters={"type": "amenity=cafe"},
    )

    statement = '(nwr["amenity"="cafe"](around:1000,52.5000000,13.4000000););'
    assert statement in overpass.asked[0].parameters["data"]


def pages_of_google(asked: Asked) -> Reply:
    """Sixty places on three pages, for requests that say the same each time."""
    page = int(asked.json.get("pageToken", "page-0").removeprefix("page-"))
    places = [google_place(number) for number in range(page * 20, page * 20 + 20)]
    return Reply({"places": places, "nextPageToken": f"page-{page + 1}"})


async def test_the_pages_of_google_are_jobs_of_their_own_and_no_more_than_needed(
    engine: Engine, google: FakeService
) -> None:
    google.answering = pages_of_google
    summary = await search(engine, provider="google", max_results=45)

    assert summary.steps[0].progress.counts.completed == 3
    assert len(await stored(engine)) == 45
    bodies = [asked.json for asked in google.asked]
    assert [body.pop("pageToken", None) for body in bodies] == [None, "page-1", "page-2"]
    assert bodies == [{"textQuery": "coffee in Lisbon", "pageSize": 20}] * 3


async def test_google_is_not_asked_for_more_than_three_pages(engine: Engine, google: FakeService) -> None:
    google.answering = lambda _: Reply({"places": [], "nextPageToken": "on and on"})
    summary = await search(engine, provider="google", max_results=60)

    assert summary.job.state is JobState.COMPLETED
    assert len(google.asked) == 3


async def test_google_gets_its_key_in_a_header_and_says_what_fields_are_wanted(
    engine: Engine, google: FakeService, place: Place
) -> None:
    google.says({"places": [google_place(1)]})
    summary = await search(
        engine,
        provider="google",
        search_query="coffee",
        location={"latitude": 40.7128, "longitude": -74.006, "radius": 2000},
        filters={"type": "coffee shop", "min_rating": 4.2, "open_now": True},
        language="en-US",
        region="us",
        max_results=5,
    )

    [asked] = google.asked
    assert (asked.method, asked.target) == ("POST", "/v1/places:searchText")
    assert asked.headers["x-goog-api-key"] == KEY
    mask = asked.headers["x-goog-fieldmask"].split(",")
    assert {"places.id", "places.displayName", "places.location", "nextPageToken"} <= set(mask)
    assert " " not in asked.headers["x-goog-fieldmask"]
    body = asked.json
    box = body.pop("locationRestriction")["rectangle"]
    assert box["low"]["latitude"] < 40.7128 < box["high"]["latitude"]
    assert body == {
        "textQuery": "coffee",
        "pageSize": 20,
        "includedType": "coffee_shop",
        "strictTypeFiltering": True,
        "minRating": 4.0,
        "openNow": True,
        "languageCode": "en-US",
        "regionCode": "US",
    }
    [document] = await stored(engine)
    about = document.metadata["place"]
    assert (about["rating"], about["rating_count"], about["price_level"]) == (4.4, 812, "moderate")
    assert about["business_status"] == "operational"
    assert about["attribution"] == "Google Maps"
    assert document.canonical_url == "https://www.google.com/maps/place/?q=place_id:ChIJx0001_aBcDeF-gHiJk"
    assert document.url == "https://maps.google.com/?cid=1"
    assert "Monday: 7:00 AM" in (document.markdown or "")
    assert KEY not in place.content() + await log_of(engine, summary)


async def test_a_rating_is_compared_exactly_although_google_rounds(
    engine: Engine, google: FakeService
) -> None:
    ratings = {1: 4.1, 2: 4.2, 3: 4.4}
    unrated = {key: each for key, each in google_place(4).items() if key != "rating"}
    google.says(
        {"places": [*(google_place(number, rating=each) for number, each in ratings.items()), unrated]}
    )
    await search(engine, provider="google", filters={"min_rating": 4.2})

    assert [each.title for each in await stored(engine)] == ["Roast 2", "Roast 3"]


async def test_what_is_nearby_at_google_is_one_page_without_tokens(
    engine: Engine, google: FakeService
) -> None:
    closed = google_place(2, regularOpeningHours={"openNow": False})
    google.says({"places": [google_place(1), closed, google_place(3, regularOpeningHours={})]})
    await search(
        engine,
        provider="google",
        search_query="Coffee Shop",
        search_type="nearby_search",
        location={"latitude": 40.7128, "longitude": -74.006, "radius": 500},
        filters={"open_now": True},
    )

    [asked] = google.asked
    assert asked.target == "/v1/places:searchNearby"
    assert "nextPageToken" not in asked.headers["x-goog-fieldmask"]
    assert asked.json == {
        "includedTypes": ["coffee_shop"],
        "maxResultCount": 20,
        "rankPreference": "DISTANCE",
        "locationRestriction": {
            "circle": {"center": {"latitude": 40.7128, "longitude": -74.006}, "radius": 500.0}
        },
    }
    assert [each.title for each in await stored(engine)] == ["Roast 1"]


async def test_what_google_says_does_not_expire_as_long_as_it_is_found_again(
    engine: Engine, google: FakeService, clock: SettableClock
) -> None:
    google.says({"places": [google_place(1)]})
    config: dict[str, Any] = {"provider": "google"}
    await search(engine, **config)
    for _ in range(12):
        clock.advance(5 * DAY_MS)
        await search(engine, **config)
        [document] = await stored(engine)
        assert _days_left(document.metadata["place"]["expires_at"], clock) >= 15
    assert len(google.asked) == 13


def _days_left(expires_at: str, clock: SettableClock) -> float:
    from quaero.models.moment import parse_time

    at = parse_time(expires_at)
    assert at is not None
    return (at - clock.now_ms()) / DAY_MS


async def test_entries_that_are_no_places_are_left_out_and_told_of(
    engine: Engine, nominatim: FakeService
) -> None:
    broken = [
        MUSEUM | {"lat": "north"},
        MUSEUM | {"osm_id": "77120934"},
        MUSEUM | {"osm_type": "../../etc"},
        MUSEUM | {"lon": 181},
        {"error": "?"},
        None,
    ]
    nominatim.says([CAFE, *broken])
    summary = await search(engine)

    assert [each.title for each in await stored(engine)] == ["Café da Garça"]
    assert "6 entries" in await log_of(engine, summary)


async def test_values_of_wrong_types_are_as_if_they_were_not_there(
    engine: Engine, google: FakeService
) -> None:
    strange = google_place(
        1,
        displayName="Roast",
        rating="very good",
        userRatingCount=-3,
        priceLevel=["MODERATE"],
        regularOpeningHours="always",
        addressComponents={"longText": 1},
        websiteUri="javascript:alert(1)",
        googleMapsUri="https://maps.google.com/ <b>",
        types="cafe",
        primaryType=7,
        businessStatus=None,
        attributions=[{"provider": 5}, "x"],
    )
    google.says({"places": [strange]})
    await search(engine, provider="google")

    [document] = await stored(engine)
    about = document.metadata["place"]
    assert document.title == "ChIJx0001_aBcDeF-gHiJk"
    assert (about["rating"], about["rating_count"], about["price_level"]) == (None, None, "")
    assert (about["website"], about["opening_hours"], about["categories"]) == ("", [], [])
    assert document.url == document.canonical_url


async def test_names_in_any_script_come_through_and_marks_mean_nothing(
    engine: Engine, nominatim: FakeService
) -> None:
    names = [
        "東京タワー 🗼",
        "Кафе «Ёлка»",
        "مقهى",
        "[free](http://evil.example) **now** <script>",
        "a\u202eb\x00c",
    ]
    nominatim.says([nominatim_place(number) | {"name": name} for number, name in enumerate(names)])
    await search(engine)

    documents = await stored(engine)
    assert [each.title for each in documents[:4]] == names[:4]
    assert documents[4].title == "a b c"
    assert r"\[free\](http://evil.example) \*\*now\*\* \<script\>" in (documents[3].markdown or "")
