"""The asker of a test, and one server for it."""

from collections.abc import AsyncIterator

import pytest

from quaero.agents.models.asking import LanguageModels


@pytest.fixture
async def models() -> AsyncIterator[LanguageModels]:
    models = LanguageModels()
    yield models
    await models.close()
