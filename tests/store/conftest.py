from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quaero.store.store import Store
from quaero.testing import SettableClock
from tests.places import Place, SqlitePlace


@pytest.fixture
def path(place: Place) -> Path:
    """The database file, for tests that are about it."""
    assert isinstance(place, SqlitePlace), 'declare it: pytest.mark.only("sqlite", reason=…)'
    return place.path


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def store(place: Place, clock: SettableClock) -> AsyncIterator[Store]:
    """A store in a new database, with a clock that only tests move."""
    store = place.store(clock=clock)
    yield store
    await store.close()


@pytest.fixture
async def checked(store: Store) -> AsyncIterator[None]:
    """Whatever the test did, the invariants of its store hold at the end."""
    yield
    assert await store.check() == ()
