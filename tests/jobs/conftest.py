from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quaero.jobs.engine import Engine
from quaero.testing import open_test_engine
from tests.kit import ScriptManager, ScriptWorker


@pytest.fixture
def worker() -> ScriptWorker:
    return ScriptWorker()


@pytest.fixture
async def engine(tmp_path: Path, worker: ScriptWorker) -> AsyncIterator[Engine]:
    """An engine on a new database file; whatever the test did, its invariants hold at the end."""
    async with open_test_engine(tmp_path / "test.db", [ScriptManager()], [worker]) as engine:
        yield engine
        assert await engine.store.check() == ()
