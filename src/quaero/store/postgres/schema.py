"""The schema of the database: ours and of a version that we know, or a clear refusal; an older one is migrated."""

import secrets

import psycopg

from quaero.models.errors import StoreError
from quaero.settings import masked
from quaero.store.postgres.connection import OLDEST_SERVER, Connection
from quaero.store.postgres.statements import migrations, statement
from quaero.store.table_copy import NOTE, unfinished

OURS = ("jobs", "runs", "progress", "definitions", "documents", "events")


def prepare(connection: Connection, url: str, *, filling: bool = False) -> str:
    """Make or migrate the schema; the name of the store. `StoreError` when it is foreign, newer, or still in use.

    Also when it holds an unfinished move, unless it is to be filled by that.
    """
    _check_server(connection, url)
    known = len(migrations())
    found = version(connection, url, filling=filling)
    if found != known:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('schema', 2))")
            found = version(
                connection, url, filling=filling
            )  # read again: another process may have been faster
            if found:
                _require_nobody(connection, url)
            for number in range(found, known):
                connection.execute(migrations()[number].encode(), prepare=False)
            if not found:
                connection.execute(
                    "INSERT INTO store (one, version, name) VALUES (1, %s, %s)", [known, secrets.token_hex(8)]
                )
            connection.execute("UPDATE store SET version = %s", [known])
    [(name,)] = connection.execute("SELECT name FROM store").fetchall()
    return str(name)


def version(connection: Connection, url: str, *, filling: bool = False) -> int:
    """The version of the schema, 0 where there is none; nothing is written. `StoreError`: it is foreign or newer."""
    if not _exists(connection, "store"):
        for table in OURS:
            if _exists(connection, table):
                raise StoreError(
                    f"belongs to another program: it has a table {table}",
                    where=masked(url),
                    remedy="Name another database with --database",
                )
        return 0
    try:
        [(found,)] = connection.execute("SELECT version FROM store").fetchall()
    except (psycopg.errors.UndefinedColumn, ValueError) as error:
        raise StoreError(
            "belongs to another program", where=masked(url), remedy="Name another database with --database"
        ) from error
    if found > len(migrations()):
        raise StoreError(
            f"was written by a newer Quaero (schema {found}, this one knows {len(migrations())})",
            where=masked(url),
            remedy="Update Quaero",
        )
    if not filling and _exists(connection, NOTE):
        [(source,)] = connection.execute(f"SELECT source FROM {NOTE} LIMIT 1".encode()).fetchall()  # noqa: S608
        raise unfinished(source, where=masked(url), target=masked(url))
    return int(found)


def _check_server(connection: Connection, url: str) -> None:
    if connection.info.server_version < OLDEST_SERVER:
        text = connection.info.parameter_status("server_version")
        raise StoreError(f"PostgreSQL {text} is too old", where=masked(url), remedy="Use 14 or newer")
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StoreError(
            f"its encoding is {encoding}",
            where=masked(url),
            remedy="Make it with: createdb --encoding UTF8 --template template0",
        )


def _require_nobody(connection: Connection, url: str) -> None:
    """Programs of the older version would go on with tables that they do not know."""
    others = connection.execute(statement("list_processes").text).fetchall()
    if others:
        names = ", ".join(f"{host} {pid} ({version})" for _, _, host, pid, version, *_ in others)
        raise StoreError(
            "is of an older version and in use",
            where=masked(url),
            remedy=f"End these processes first: {names}",
        )


def _exists(connection: Connection, table: str) -> bool:
    [(found,)] = connection.execute("SELECT to_regclass(quote_ident(%s)) IS NOT NULL", [table]).fetchall()
    return bool(found)
