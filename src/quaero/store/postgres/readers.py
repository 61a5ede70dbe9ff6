"""Reads: each in one snapshot, on connections that never wait for a writer."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, TypeVar

import psycopg

from quaero.store.postgres.connection import Connection
from quaero.store.postgres.sessions import Session, Sessions
from quaero.store.postgres.statements import statement
from quaero.store.transaction import Row

T = TypeVar("T")

LONG = ("check_", "export_")
"""How the statements begin that may take minutes on a large store."""

BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"


class PostgresReader:
    """Named statements on a connection that only reads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, name: str, /, **parameters: Any) -> list[Row]:
        with self._connection.patiently() if name.startswith(LONG) else nullcontext():
            found = statement(name)
            cursor = self._connection.execute(found.text, found.values(parameters))
        return cursor.fetchall() if cursor.description else []


class Readers:
    """Runs functions of a reader; one that lost its connection is run again, unless it must not be."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def run(self, function: Callable[..., T], *arguments: Any, again: bool = True) -> T:
        """The result of `function(reader, *arguments)`."""

        def attempt(session: Session) -> T:
            connection = session.open()
            connection.execute(BEGIN, prepare=False)
            try:
                return function(PostgresReader(connection), *arguments)
            finally:
                _end(session, connection)

        return await self._sessions.run(attempt, again=again)


def _end(session: Session, connection: Connection) -> None:
    try:
        connection.execute("COMMIT", prepare=False)
    except psycopg.Error:
        session.drop()
