from collections.abc import Iterator

import pytest

from tests.faults.proxy import Proxy, by_address
from tests.places import Place
from tests.postgres_server import server


@pytest.fixture
def proxy(place: Place) -> Iterator[Proxy]:
    """A network between the test's database and whoever takes its URL."""
    with Proxy(by_address(server(), place.url)) as proxy:
        yield proxy
