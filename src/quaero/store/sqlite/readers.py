"""Many readers: a few threads, each with a connection of its own, that never wait for the writer."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import apsw

from quaero.models.errors import StoreError
from quaero.store.sqlite.connection import open_reader, refusal
from quaero.store.sqlite.statements import statement
from quaero.store.transaction import Row

T = TypeVar("T")


class SqliteReader:
    """Named statements on a connection that only reads."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def rows(self, name: str, /, **parameters: Any) -> list[Row]:
        return self._connection.execute(statement(name), parameters).fetchall()


class Readers:
    """Runs functions of a reader, each in one snapshot, off the event loop."""

    def __init__(self, path: Path, threads: int = 4) -> None:
        self._path = path
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="quaero-reader")
        self._local = threading.local()
        self._connections: list[apsw.Connection] = []
        self._closed = False

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """The result of `function(reader, *arguments)`."""
        if self._closed:
            raise StoreError("the store is closed", where=str(self._path))
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._run, function, arguments)

    def _run(self, function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        connection = self._connection()
        try:
            connection.execute("BEGIN")
            try:
                return function(SqliteReader(connection), *arguments)
            finally:
                if connection.in_transaction:  # not after an error that ended it
                    connection.execute("COMMIT")
        except apsw.Error as error:
            raise refusal(error, self._path) from error

    def _connection(self) -> apsw.Connection:
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = open_reader(self._path)
            self._connections.append(connection)
        return connection

    def close(self) -> None:
        """Wait for what runs, then close every connection."""
        self._closed = True
        self._executor.shutdown()
        for connection in self._connections:
            connection.close()
