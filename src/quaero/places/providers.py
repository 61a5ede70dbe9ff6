"""Which service answers a search, and how it wants to be treated."""

from typing import Protocol

from quaero.models.errors import JobFailure
from quaero.places.google import Google
from quaero.places.nominatim import Nominatim
from quaero.places.overpass import Overpass
from quaero.places.place import Found
from quaero.places.query import ProviderName, Query, Request, SearchType, ServiceName


class Service(Protocol):
    """A service, as pure functions from queries to requests and from answers to places."""

    @property
    def name(self) -> ServiceName: ...

    @property
    def most(self) -> int:
        """Places of one search, over all its pages."""
        ...

    @property
    def pages(self) -> int:
        """Pages of one search, at the most."""
        ...

    @property
    def paced(self) -> bool:
        """Whether the requests of all processes keep a distance."""
        ...

    @property
    def kept(self) -> bool:
        """Whether its answers may be kept and used again."""
        ...

    @property
    def keyed(self) -> bool:
        """Whether it wants a key."""
        ...

    def request_of(self, query: Query, page: str) -> Request:
        """The request for the first page (`page` is ""), or for the one that an answer led to."""
        ...

    def found_in(self, body: bytes, query: Query) -> Found:
        """What an answer with status 200 says. `JobFailure`: it is none of this service."""
        ...

    def problem(self, status: int, body: bytes, retry_after: float | None) -> JobFailure:
        """What any other status means; `retry_after`: the seconds that the service asks to wait."""
        ...


def service_for(provider: ProviderName, search_type: SearchType) -> Service:
    """The service of a provider that answers searches of this type."""
    if provider == "google":
        return Google(search_type)
    return Overpass() if search_type == "nearby_search" else Nominatim()
