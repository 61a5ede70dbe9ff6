"""What keeps a database in shape, beside those that work on it."""

import psycopg

from quaero.store.check import Finding
from quaero.store.postgres import full_text
from quaero.store.postgres.connection import Connection
from quaero.store.postgres.statements import migrations
from quaero.store.transaction import Reader, Transaction

OUR_INDEXES = """SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_tables t ON t.schemaname = current_schema() AND i.indrelid = to_regclass(quote_ident(t.tablename))
WHERE i.indisvalid = %s AND (i.indisvalid OR c.relname ~ '_cc(new|old)[0-9]*$')"""
"""The indexes of the tables: those in use, or those that are left of an exchange."""


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


def vacuum(connection: Connection) -> int:
    """Gives space back within the tables, without a lock that others would notice; how many tables."""
    tables = _tables(connection)
    for table in tables:
        connection.execute(f'VACUUM (ANALYZE) "{table}"'.encode())
    return len(tables)


def reindex(connection: Connection) -> int:
    """Build all indexes anew, while they are in use; how many. Unfinished ones that a broken attempt left go first."""
    indexes = _indexes(connection)
    try:
        _drop_unfinished(connection)
        for index in indexes:
            connection.execute(f'REINDEX INDEX CONCURRENTLY "{index}"'.encode())
    except psycopg.errors.QueryCanceled:
        _drop_unfinished(connection)
        raise
    return len(indexes)


def _indexes(connection: Connection) -> list[str]:
    found = connection.execute(OUR_INDEXES, [True]).fetchall()
    return sorted(name for (name,) in found)


def _drop_unfinished(connection: Connection) -> None:
    for (name,) in connection.execute(OUR_INDEXES, [False]).fetchall():
        connection.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"'.encode())


def _tables(connection: Connection) -> list[str]:
    found = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    ).fetchall()
    return sorted(name for (name,) in found)
