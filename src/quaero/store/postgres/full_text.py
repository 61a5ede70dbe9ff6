"""Search on tsvector: being written."""

from quaero.models.document import SearchHit
from quaero.search.query import Query
from quaero.store.check import Finding
from quaero.store.transaction import Reader


def search(reader: Reader, query: Query, limit: int, offset: int) -> tuple[tuple[SearchHit, ...], int]:
    raise NotImplementedError


def check(reader: Reader) -> tuple[Finding, ...]:
    return ()
