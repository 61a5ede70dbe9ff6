"""Where the store of a test is: a place on each database, so that one test runs on all of them."""

import contextlib
import shutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self, cast

import apsw
import psycopg

from quaero.backends import open_backend
from quaero.settings.written import database_url
from quaero.store.backend import Backend
from quaero.store.clock import Clock
from quaero.store.store import Store
from quaero.store.transaction import BeforeStatement
from tests.postgres_server import server

Row = tuple[Any, ...]

BACKENDS = ("sqlite", "postgres")


class Place(ABC):
    """A place for one store. `name`: which database it is. `url`: as people write it after `--database`."""

    name: str
    url: str

    def backend(
        self, *, clock: Clock | None = None, before_statement: BeforeStatement | None = None
    ) -> Backend:
        """Open the store here, as another process would: with an owner and connections of its own."""
        database = database_url(self.url, Path.cwd())
        return open_backend(database, clock=clock, before_statement=before_statement)

    def store(self, *, clock: Clock | None = None, before_statement: BeforeStatement | None = None) -> Store:
        return Store(self.backend(clock=clock, before_statement=before_statement))

    @abstractmethod
    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run a statement beside the program, its parameters marked `?`; its rows."""

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> None:
        """Write beside the program, as another one would. Without parameters also several statements."""
        self.rows(statement, parameters)

    @abstractmethod
    def spoil(self, statement: str) -> bool:
        """Write beside the program, if the database lets another one do it; whether it did."""

    @abstractmethod
    def content(self) -> str:
        """Whatever is stored, in one text."""

    @abstractmethod
    def leftovers(self) -> set[str]:
        """What is beside a store that nobody has open: files, connections."""

    def count_on(self, table: str, next_id: int) -> None:  # noqa: B027 - nothing to do where ids have no gaps
        """Let the next row of the table have this id, also after a transaction that was undone."""

    @abstractmethod
    def copy(self, folder: Path) -> Self:
        """Another place with a copy of this store, which nobody has open; a file goes into `folder`."""

    @abstractmethod
    def remove(self) -> None:
        """Free what is not in a temporary folder."""


def new_place(name: str, folder: Path) -> Place:
    """A place on that database for a new store; a file goes into `folder`."""
    if name == "sqlite":
        return SqlitePlace(folder / "test.db")
    return PostgresPlace(server().create_database())


def place_at(url: str) -> Place:
    """The place with this URL, which is there already."""
    return (
        SqlitePlace(Path(url.removeprefix("sqlite:///"))) if url.startswith("sqlite") else PostgresPlace(url)
    )


class SqlitePlace(Place):
    """A database file."""

    name = "sqlite"

    def __init__(self, path: Path) -> None:
        self.path, self.url = path, f"sqlite:///{path}"

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        with contextlib.closing(apsw.Connection(str(self.path))) as connection:
            return connection.execute(statement, cast(Any, tuple(parameters) or None)).fetchall()

    def spoil(self, statement: str) -> bool:
        try:
            self.execute(statement)
        except apsw.ConstraintError:
            return False
        return True

    def content(self) -> str:
        files = self.path.parent.glob(
            f"{self.path.name}*"
        )  # with what has not been moved into its main file yet
        return b"".join(file.read_bytes() for file in files).decode("latin-1")

    def leftovers(self) -> set[str]:
        expected = {self.path.name, f"{self.path.name}-owners"}
        return {file.name for file in self.path.parent.glob(f"{self.path.name}*")} - expected

    def copy(self, folder: Path) -> Self:
        return type(self)(Path(shutil.copy(self.path, folder / "test.db")))

    def remove(self) -> None:
        pass


class PostgresPlace(Place):
    """A database of a PostgreSQL server."""

    name = "postgres"

    def __init__(self, url: str) -> None:
        self.url = url

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        text = statement.replace("%", "%%").replace("?", "%s") if parameters else statement
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(text, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def spoil(self, statement: str) -> bool:
        try:
            self.execute(statement)
        except (psycopg.IntegrityError, psycopg.DataError):
            return False
        return True

    def content(self) -> str:
        tables = self.rows("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        return "\n".join(row for (table,) in tables for (row,) in self.rows(f"SELECT t::text FROM {table} t"))  # noqa: S608

    def leftovers(self) -> set[str]:
        return set(server().connections(self.url))

    def count_on(self, table: str, next_id: int) -> None:
        self.rows("SELECT setval(pg_get_serial_sequence(?, 'id'), ?, false)", (table, next_id))

    def copy(self, folder: Path) -> Self:
        return type(self)(server().create_database(self.url))

    def remove(self) -> None:
        server().drop_database(self.url)
