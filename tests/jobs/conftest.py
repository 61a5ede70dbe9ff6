from collections.abc import AsyncIterator

import pytest

from quaero.jobs.engine import Engine
from quaero.testing import open_test_engine
from tests.kit import ScriptManager, ScriptWorker
from tests.places import Place


@pytest.fixture
def worker() -> ScriptWorker:
    return ScriptWorker()


@pytest.fixture
async def engine(place: Place, worker: ScriptWorker) -> AsyncIterator[Engine]:
    """An engine on a new database; whatever the test did, its invariants hold at the end."""
    async with open_test_engine(place.url, [ScriptManager()], [worker]) as engine:
        yield engine
        assert await engine.store.check() == ()
