from collections.abc import AsyncIterator

import pytest

from tests.places_search.fake_services import FakeService, fake_service


@pytest.fixture
async def nominatim() -> AsyncIterator[FakeService]:
    async with fake_service() as service:
        yield service


@pytest.fixture
async def overpass() -> AsyncIterator[FakeService]:
    async with fake_service() as service:
        yield service


@pytest.fixture
async def google() -> AsyncIterator[FakeService]:
    async with fake_service() as service:
        yield service
