"""What keeps a database in shape, beside those that work on it."""

from quaero.store.check import Finding
from quaero.store.postgres import full_text
from quaero.store.postgres.connection import Connection
from quaero.store.postgres.statements import migrations
from quaero.store.transaction import Reader, Transaction


def facts(reader: Reader) -> dict[str, str | int]:
    [(server, size)] = reader.rows("server_facts")
    return {
        "schema_version": len(migrations()),
        "postgres_version": server,
        "bytes": size,
    }


def damage(reader: Reader) -> tuple[Finding, ...]:
    """Only what the server does not watch over itself: whether the search index fits the documents."""
    return full_text.check(reader)


def tidy_index(tx: Transaction) -> int:
    """Bring what waits to be indexed into the index; how many pages that were."""
    [(pages,)] = tx.rows("tidy_index")
    return int(pages)


def analyze(connection: Connection) -> None:
    """Bring the statistics up to date, and forget sessions that have long ended."""
    connection.execute(
        "DELETE FROM commits WHERE at < extract(epoch FROM clock_timestamp()) * 1000 - 86400000"
    )
    for table in _tables(connection):
        connection.execute(f'ANALYZE "{table}"'.encode())


def vacuum(connection: Connection) -> None:
    """Gives space back within the tables, without a lock that others would notice."""
    for table in _tables(connection):
        connection.execute(f'VACUUM (ANALYZE) "{table}"'.encode())


def _tables(connection: Connection) -> list[str]:
    found = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    ).fetchall()
    return sorted(name for (name,) in found)
