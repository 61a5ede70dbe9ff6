"""Another program at the same database, with a transaction that it does not end."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg


@contextmanager
def foreign_transaction(url: str, *statements: str) -> Iterator[None]:
    """It has done these, and is not committed until the block ends."""
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())
        yield
        connection.rollback()
