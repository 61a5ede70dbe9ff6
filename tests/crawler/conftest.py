from collections.abc import AsyncIterator

import pytest

from tests.crawler.misbehaving_server import MisbehavingServer, running_server


@pytest.fixture
async def server() -> AsyncIterator[MisbehavingServer]:
    """A web server that misbehaves, one way per path."""
    async with running_server() as running:
        yield running
