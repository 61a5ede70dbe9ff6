"""Picks the database by its URL: the one place that knows all of them."""

from typing import TYPE_CHECKING

from quaero.settings import DatabaseUrl, PostgresSettings, PostgresUrl

if TYPE_CHECKING:
    from quaero.store.backend import Backend
    from quaero.store.clock import Clock
    from quaero.store.database_file import DatabaseFile
    from quaero.store.transaction import BeforeStatement

# What a database needs is imported when it is opened: start-up time, and a driver only where it is used.


def open_backend(
    database: DatabaseUrl,
    postgres: PostgresSettings | None = None,
    *,
    clock: "Clock | None" = None,
    before_statement: "BeforeStatement | None" = None,
) -> "Backend":
    """The open database, made or brought up to date where needed; while an event loop runs.

    `postgres` counts for PostgreSQL alone. `clock` dates the transactions in place of the database's own.
    """
    if isinstance(database, PostgresUrl):
        from quaero.store.postgres.backend import PostgresBackend

        return PostgresBackend(
            database.secret, postgres or PostgresSettings(), clock=clock, before_statement=before_statement
        )
    from quaero.store.sqlite.backend import SqliteBackend

    return SqliteBackend(database.path, clock=clock, before_statement=before_statement)


def database_file(database: DatabaseUrl) -> "DatabaseFile":
    """The database as a whole, which nobody needs to have open and which need not be there."""
    if isinstance(database, PostgresUrl):
        from quaero.store.postgres.database_file import PostgresDatabase

        return PostgresDatabase(database.secret)
    from quaero.store.sqlite.database_file import SqliteFile

    return SqliteFile(database.path)
