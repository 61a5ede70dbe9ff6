from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quaero.store.sqlite.backend import SqliteBackend
from quaero.store.store import Store
from quaero.testing import SettableClock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "test.db"


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def store(path: Path, clock: SettableClock) -> AsyncIterator[Store]:
    """A store on a new database file, with a clock that only tests move."""
    store = Store(SqliteBackend(path, clock=clock))
    yield store
    await store.close()


@pytest.fixture
async def checked(store: Store) -> AsyncIterator[None]:
    """Whatever the test did, the invariants of its store hold at the end."""
    yield
    assert await store.check() == ()
