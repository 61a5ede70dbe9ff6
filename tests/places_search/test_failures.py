"""When a service does not answer as it should: a clear failure, tried again where that helps, and never the key."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quaero.crawler.response import FetchLimits
from quaero.jobs.engine import Engine
from quaero.jobs.worker.places_search_worker import PlacesSearchWorker
from quaero.models.credential import Credential, Header
from quaero.models.job import JobState
from quaero.places.problems import without_secrets
from quaero.settings import PlacesSettings
from quaero.testing import SettableClock, finish
from tests.places import SqlitePlace
from tests.places_search.answers import CAFE, OUT_OF_MEMORY, RAN_OUT, google_error, google_place
from tests.places_search.fake_services import FakeService, Reply
from tests.places_search.kit import KEY, error_of, log_of, search, searching, settings_for, stored

HTML = b"<!DOCTYPE html><html><body>Please sign in to the airport WLAN</body></html>"
HERE = {"latitude": 52.5, "longitude": 13.4, "radius": 1000}


@pytest.fixture
def file(tmp_path_factory: pytest.TempPathFactory) -> SqlitePlace:
    """What goes wrong with a service has nothing to do with the database: one is enough."""
    return SqlitePlace(tmp_path_factory.mktemp("store") / "test.db")


@pytest.fixture
async def engine(
    file: SqlitePlace, nominatim: FakeService, overpass: FakeService, google: FakeService
) -> AsyncIterator[Engine]:
    async with searching(file, settings_for(nominatim, overpass, google)) as engine:
        yield engine


@pytest.mark.parametrize(
    ("reply", "code", "told"),
    [
        (Reply(HTML), "places_bad_answer", "no JSON; it begins with '<!DOCTYPE html>"),
        (Reply(b""), "places_bad_answer", "an empty answer"),
        (Reply(b'[{"osm_id": 1'), "places_bad_answer", "no JSON"),
        (Reply(b"[" * 100_000), "places_bad_answer", "no JSON"),
        (Reply(b"\xff\xfe[]"), "places_bad_answer", "no JSON"),
        (Reply({"error": "Unable to geocode"}), "places_bad_answer", "not a list of places"),
        (Reply(b'"places"'), "places_bad_answer", "not a list of places"),
        (Reply(b"null"), "places_bad_answer", "not a list of places"),
        (Reply(HTML, 403), "places_refused", "403 Forbidden"),
        (Reply(HTML, 400), "places_bad_request", "400 Bad Request"),
        (Reply(HTML, 404), "places_bad_request", "404 Not Found"),
        (Reply(HTML, 500), "places_unavailable", "500 Internal Server Error"),
        (Reply(HTML, 504), "places_unavailable", "504 Gateway Timeout"),
        (Reply(b"", 302, {"Location": "http://127.0.0.1:9/"}), "places_refused", "leads elsewhere"),
        (Reply([CAFE] * 2_000), "body_too_large", "the answer is longer than 1000000 bytes"),
        (Reply([CAFE], cut=True), "body_cut", "the answer was cut off"),
        (Reply([CAFE], headers={"Content-Encoding": "gzip"}), "bad_encoding", "damaged"),
    ],
)
async def test_what_is_no_answer_fails_and_stores_nothing(
    engine: Engine, nominatim: FakeService, reply: Reply, code: str, told: str
) -> None:
    nominatim.says(reply)
    summary = await search(engine)

    assert summary.job.state is JobState.FAILED
    found, text = error_of(summary)
    assert (found, told in text) == (code, True), text
    assert text.startswith(nominatim.url.removeprefix("http://"))
    assert await stored(engine) == []
    nominatim.says([CAFE])
    assert (await search(engine)).documents.created == 1  # nothing of it was kept


@pytest.mark.parametrize(
    ("reply", "code", "told"),
    [
        (
            Reply(google_error(400, "INVALID_ARGUMENT", "API key not valid.", "API_KEY_INVALID"), 400),
            "places_refused",
            "API key not valid",
        ),
        (
            Reply(google_error(403, "PERMISSION_DENIED", "Places API (New) has not been used."), 403),
            "places_refused",
            "Places API (New)",
        ),
        (
            Reply(google_error(400, "INVALID_ARGUMENT", "FieldMask is a required parameter."), 400),
            "places_bad_request",
            "FieldMask is a required parameter",
        ),
        (Reply(google_error(429, "RESOURCE_EXHAUSTED", "Quota exceeded."), 429), "places_quota", "Quota"),
        (Reply(google_error(500, "INTERNAL", "An internal error."), 500), "places_unavailable", "500"),
        (Reply(HTML, 502), "places_unavailable", "502 Bad Gateway"),
        (Reply(HTML, 400), "places_bad_request", "it does not say why"),
        (Reply({"error": {"message": 5, "details": "x"}}, 400), "places_bad_request", "400 Bad Request"),
        (Reply(google_error(403, "PERMISSION_DENIED", f"The key {KEY} is blocked"), 403), "places_refused", "***"),
        (Reply(google_error(400, "INVALID_ARGUMENT", "odd")), "places_bad_answer", "not a table with places"),
        (Reply([google_place(1)]), "places_bad_answer", "not a table with places"),
        (Reply({"places": {"id": 1}}), "places_bad_answer", "not a table with places"),
        (Reply(HTML), "places_bad_answer", "no JSON"),
    ],
)  # fmt: skip
async def test_what_google_objects_to_is_told_in_its_words_without_the_key(
    engine: Engine, google: FakeService, file: SqlitePlace, reply: Reply, code: str, told: str
) -> None:
    google.says(reply)
    summary = await search(engine, provider="google")

    found, text = error_of(summary)
    assert (found, told in text) == (code, True), text
    assert KEY not in text + await log_of(engine, summary) + file.content()
    assert len(google.asked) == 1


@pytest.mark.parametrize(("answer", "told"), [(RAN_OUT, "timed out"), (OUT_OF_MEMORY, "out of memory")])
async def test_a_query_that_ran_out_is_a_failure_although_the_status_is_200(
    engine: Engine, overpass: FakeService, answer: object, told: str
) -> None:
    overpass.says(answer)
    summary = await search(engine, search_query="cafe", search_type="nearby_search", location=HERE)

    code, text = error_of(summary)
    assert (code, told in text) == ("places_gave_up", True)
    assert "smaller radius" in text


async def test_what_time_can_heal_is_tried_again_and_the_rest_is_not(
    engine: Engine, nominatim: FakeService, overpass: FakeService, google: FakeService
) -> None:
    nominatim.says(Reply(HTML, 500), Reply(HTML), [CAFE])
    assert (await search(engine, attempts=3)).documents.created == 1
    overpass.says(OUT_OF_MEMORY)
    await search(engine, attempts=3, search_query="cafe", search_type="nearby_search", location=HERE)
    google.says(Reply(google_error(403, "PERMISSION_DENIED", "No."), 403))
    await search(engine, attempts=3, provider="google")

    assert [len(each.asked) for each in (nominatim, overpass, google)] == [3, 1, 1]


@pytest.mark.parametrize("status", [429, 503])
async def test_when_a_service_wants_to_be_left_alone_nobody_asks_it_meanwhile(
    file: SqlitePlace, nominatim: FakeService, status: int
) -> None:
    clock, slept = SettableClock(), list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.advance(round(seconds * 1000))

    nominatim.says(Reply(HTML, status, {"Retry-After": "45"}), [CAFE])
    async with searching(
        file, settings_for(nominatim), PlacesSearchWorker(sleep=sleep), clock=clock
    ) as engine:
        first = await search(engine)
        assert error_of(first)[0] == "places_quota"
        await search(engine, search_query="tea")

        assert slept == [45.0]
        nominatim.says(Reply(HTML, status, {"Retry-After": "3600"}))
        await search(engine, search_query="milk")
        code, text = error_of(await search(engine, search_query="water"))
        assert (code, "it wants to be left alone" in text) == ("places_quota", True)
        assert len(nominatim.asked) == 3


async def test_a_wait_beyond_all_measure_ends_after_a_day(file: SqlitePlace, nominatim: FakeService) -> None:
    clock = SettableClock()
    nominatim.says(Reply(HTML, 429, {"Retry-After": "9" * 30}), [CAFE])
    async with searching(file, settings_for(nominatim), clock=clock) as engine:
        assert error_of(await search(engine))[0] == "places_quota"
        clock.advance(86_400_000)
        assert (await search(engine)).documents.created == 1


async def test_after_a_failure_only_the_rest_of_the_pages_is_asked_for(
    engine: Engine, google: FakeService
) -> None:
    pages = [{"places": [google_place(number)], "nextPageToken": f"page-{number}"} for number in (1, 2, 3)]
    google.says(pages[0], Reply(HTML, 500), *pages[1:])
    summary = await search(engine, provider="google", max_results=60)
    assert error_of(summary)[0] == "places_unavailable"
    await engine.control.retry(summary.job.id)
    await finish(engine, summary.job.id)

    assert [asked.json.get("pageToken") for asked in google.asked] == [None, "page-1", "page-1", "page-2"]
    assert [each.title for each in await stored(engine)] == ["Roast 1", "Roast 2", "Roast 3"]


async def test_a_public_name_that_leads_into_the_own_network_is_not_followed(
    file: SqlitePlace, nominatim: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(nominatim.url.rpartition(":")[2])

    async def resolve(*_: object) -> list[dict[str, object]]:
        name = "nominatim.openstreetmap.org"
        return [{"hostname": name, "host": "127.0.0.1", "port": port, "family": 2, "proto": 0, "flags": 0}]

    monkeypatch.setattr("aiohttp.ThreadedResolver.resolve", resolve)
    async with searching(
        file, PlacesSettings(), PlacesSearchWorker(sleep=lambda _: asyncio.sleep(0))
    ) as engine:
        code, text = error_of(await search(engine))

    assert (code, "the address is loopback" in text) == ("address_refused", True)
    assert nominatim.asked == []


async def test_a_service_that_never_answers_is_given_up(file: SqlitePlace, nominatim: FakeService) -> None:
    nominatim.says(Reply(stuck=True))
    worker = PlacesSearchWorker(FetchLimits(deadline_seconds=0.2))
    async with searching(file, settings_for(nominatim), worker) as engine:
        code, text = error_of(await search(engine))

    assert (code, "the answer did not arrive within 0.2 seconds" in text) == ("timeout", True)


async def test_a_service_that_is_not_there_is_said_so(file: SqlitePlace) -> None:
    async with searching(file, settings_for()) as engine:
        code, text = error_of(await search(engine))

    assert (code, "cannot be reached" in text) == ("unreachable", True)


async def test_without_a_key_google_is_not_asked(file: SqlitePlace, google: FakeService) -> None:
    async with searching(file, settings_for(google=google, google_key="")) as engine:
        code, text = error_of(await search(engine, provider="google"))

    assert (code, "QUAERO_GOOGLE_PLACES_KEY" in text) == ("places_no_key", True)
    assert google.asked == []


@pytest.mark.parametrize("before", [0, 20, 45, 50, 58, 280, 1_990])
async def test_a_service_that_says_what_it_was_sent_gives_nothing_away(
    engine: Engine, google: FakeService, before: int
) -> None:
    told = "x" * before + KEY
    google.says(Reply(told.encode()), Reply(google_error(400, "INVALID_ARGUMENT", told), 400))
    for _ in range(2):
        _, text = error_of(await search(engine, provider="google"))
        assert KEY[:8] not in text


def test_of_several_words_of_a_secret_each_is_one() -> None:
    told = without_secrets(
        "Bearer token-of-mine, token-of-mine; short: 1234", ["Bearer token-of-mine", "1234"]
    )

    assert told == "***, ***; short: ***"


async def test_stored_credentials_go_to_the_service_that_they_are_for_and_to_no_other(
    file: SqlitePlace,
    nominatim: FakeService,
    google: FakeService,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    own = "AIzaSy-of-the-credentials"
    async with searching(file, settings_for(nominatim, google=google)) as engine:
        credential = Credential("header", (google.url,), (Header("X-Goog-Api-Key", own),))
        await engine.control.credentials.keep("maps", credential)
        google.says(Reply(google_error(403, "PERMISSION_DENIED", f"{own} is no key"), 403))
        _, text = error_of(await search(engine, provider="google", auth="maps"))
        await search(engine, auth="maps")

        assert google.asked[0].headers["x-goog-api-key"] == own
        assert "x-goog-api-key" not in nominatim.asked[0].headers
        assert own not in text + file.content()
        other = Credential("header", ("https://wiki.example",), (Header("X-Goog-Api-Key", own),))
        await engine.control.credentials.keep("maps", other, replace=True)
        google.says({})
        await search(engine, provider="google", auth="maps")
        assert google.asked[-1].headers["x-goog-api-key"] == KEY
