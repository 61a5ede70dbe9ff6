from collections.abc import Iterator

import pytest

from tests.faults.proxy import Proxy, by_address
from tests.places import Place, PostgresPlace
from tests.postgres_server import LocalServer, Server, server


@pytest.fixture
def proxy(place: Place) -> Iterator[Proxy]:
    """A network between the test's database and whoever takes its URL."""
    with Proxy(by_address(server(), place.url)) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def private() -> Iterator[LocalServer]:
    """A server that the tests of a module may stop."""
    with Server.private() as server:
        yield server


@pytest.fixture
def private_place(private: LocalServer) -> Iterator[PostgresPlace]:
    """A place for one new store on that server."""
    place = PostgresPlace(private.create_database())
    yield place
    private.drop_database(place.url)
