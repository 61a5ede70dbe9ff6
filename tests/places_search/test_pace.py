"""The public services are asked at a pace that all processes keep together."""

import asyncio

from quaero.jobs.engine import Engine
from quaero.jobs.worker.places_search_worker import PlacesSearchWorker
from quaero.settings import PlacesSettings
from quaero.testing import SettableClock
from tests.places import Place
from tests.places_search.fake_services import FakeService
from tests.places_search.kit import LIMITS, search, searching, settings_for


async def test_two_processes_ask_one_after_the_other_a_second_apart(
    place: Place, nominatim: FakeService
) -> None:
    clock, waits = SettableClock(), list[float]()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    settings = settings_for(nominatim, pause_ms=1_000)
    async with (
        searching(place, settings, PlacesSearchWorker(LIMITS, sleep), clock) as one,
        searching(place, settings, PlacesSearchWorker(LIMITS, sleep), clock) as other,
    ):
        await asyncio.gather(*(_ask(engine, name) for engine, name in ((one, "one"), (other, "other"))))

    assert sorted(waits) == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert len(nominatim.asked) == 6


async def _ask(engine: Engine, name: str) -> None:
    for number in range(3):
        await search(engine, definition_id=name, search_query=f"{name} {number}")


def test_the_public_servers_have_their_pause_whatever_is_set() -> None:
    hasty = PlacesSettings(pause_ms=0)

    assert hasty.pause_of(hasty.nominatim_url) == 1_100
    assert hasty.pause_of(hasty.overpass_url) == 1_100
    assert hasty.pause_of("http://nominatim.intranet") == 0
    assert PlacesSettings(pause_ms=5_000).pause_of(hasty.nominatim_url) == 5_000
