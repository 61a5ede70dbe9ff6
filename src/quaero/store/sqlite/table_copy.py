"""Whole tables of a database file, read or filled, for moving a store."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import apsw

from quaero.models.errors import ConflictError, NotFoundError, StoreError
from quaero.store.check import Finding
from quaero.store.clock import Clock
from quaero.store.sqlite.connection import (
    BUSY_TIMEOUT_MS,
    open_unchanged,
    open_writer,
    refusal,
    schema_version,
)
from quaero.store.sqlite.owners import everyone_kept_out, living_owners
from quaero.store.sqlite.readers import SqliteReader
from quaero.store.sqlite.statements import migrations, statement
from quaero.store.sqlite.writer import SqliteTransaction
from quaero.store.table_copy import NOTE, Begun, Part, Rows
from quaero.store.tables import OF_PROCESSES, TABLES, Table
from quaero.store.transaction import Reader, Row, Transaction

T = TypeVar("T")

_MAKE_NOTE = (
    f"CREATE TABLE {NOTE} (name TEXT PRIMARY KEY, source TEXT NOT NULL, rows INTEGER, hash TEXT) STRICT"
)
_HAS_NOTE = f"SELECT 1 FROM sqlite_schema WHERE name = '{NOTE}'"  # noqa: S608 - a name of ours, as all below
_DROP_NOTE = f"DROP TABLE {NOTE}"
_READ_NOTE = f"SELECT source, name, rows, hash FROM {NOTE}"  # noqa: S608
_PUT_NOTE = f"INSERT INTO {NOTE} (source, name, rows, hash) VALUES (?, ?, ?, ?)"  # noqa: S608
_CHANGE_NOTE = f"UPDATE {NOTE} SET rows = ?, hash = ? WHERE name = ? RETURNING 1"  # noqa: S608


@contextmanager
def sqlite_source(path: Path) -> Iterator["SqliteSource"]:
    """The file to read from; when it is closed nothing lies beside it that was not there before."""
    if not path.is_file():
        raise NotFoundError("there is no such database", where=str(path), remedy="Name one with --database")
    version = schema_version(path)
    if version == 0:
        raise StoreError("holds nothing to move", where=str(path), remedy="Name another file with --database")
    if version != len(migrations()):
        raise StoreError("is of an older version", where=str(path), remedy="First run: quaero db migrate")
    with _refusing(path), contextlib.closing(_open_to_read(path)) as connection:
        yield SqliteSource(connection, path)


@contextmanager
def sqlite_target(path: Path, clock: Clock) -> Iterator["SqliteTarget"]:
    """The file to fill; nobody opens it meanwhile."""
    if path.exists() and schema_version(path, filling=True) not in {0, len(migrations())}:
        raise ConflictError(
            "holds an older store", where=str(path), remedy="Name a database that is not there yet"
        )
    with _refusing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with everyone_kept_out(path), contextlib.closing(open_writer(path, filling=True)) as connection:
            connection.pragma("foreign_keys", False)  # all at once at the end
            yield SqliteTarget(connection, path, clock)


class SqliteSource:
    """A file to read from; see `Source`."""

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection, self._path = connection, path
        self.name = f"sqlite:///{path}"

    def look(self) -> Reader:
        if self._connection.in_transaction:
            self._connection.execute("COMMIT")
        self._connection.execute("BEGIN")
        list(self._rows(statement("any_table")))
        return SqliteReader(self._connection)

    def living(self, owners: Sequence[str]) -> list[str]:
        return living_owners(self._path, owners)

    def count(self, table: Table) -> int:
        return int(self._value(f"SELECT count(*) FROM {table.name}"))  # noqa: S608 - a name of ours

    def rows(self, table: Table) -> Rows:
        return self._rows(f"{_select(table)} ORDER BY {', '.join(table.key)}")

    def last_id(self, table: Table) -> int:
        given = self._value("SELECT max(seq) FROM sqlite_sequence WHERE name = ?", table.name)
        there = self._value(f"SELECT max(id) FROM {table.name}")  # noqa: S608 - a name of ours
        return max(given or 0, there or 0)

    def _value(self, text: str, *parameters: Any) -> Any:
        [(value,)] = self._rows(text, *parameters)
        return value

    def _rows(self, text: str, *parameters: Any) -> Rows:
        with _refusing(self._path):
            yield from self._connection.execute(text, parameters)


class SqliteTarget:
    """A file to fill; see `Target`."""

    holds_zeros = True

    def __init__(self, connection: apsw.Connection, path: Path, clock: Clock) -> None:
        self._connection, self._path, self._clock = connection, path, clock
        self.name = f"sqlite:///{path}"

    def begun(self) -> Begun | None:
        if self._connection.execute(_HAS_NOTE).fetchall():
            notes: list[Row] = self._connection.execute(_READ_NOTE).fetchall()
            return Begun(notes[0][0], {name: Part(rows, digest) for _, name, rows, digest in notes})
        for table in TABLES:
            if self._connection.execute(f"SELECT 1 FROM {table.name} LIMIT 1").fetchall():  # noqa: S608
                raise ConflictError(
                    f"is not empty: there are {table.name.replace('_', ' ')}",
                    where=self.name,
                    remedy="Name a database that is not there yet",
                )
        return None

    def begin(self, source: str) -> None:
        with self._connection:
            for table in [*(table.name for table in reversed(TABLES)), *OF_PROCESSES]:
                self._connection.execute(f"DELETE FROM {table}")  # noqa: S608
            self._connection.execute(f"DROP TABLE IF EXISTS {NOTE}")
            self._connection.execute(_MAKE_NOTE)
            empty = Part()
            notes = [(source, table.name, empty.rows, empty.hash) for table in TABLES]
            self._connection.executemany(_PUT_NOTE, notes)

    def add(self, table: Table, rows: Sequence[Row], before: Part, after: Part) -> None:
        places = ", ".join("?" * len(table.columns))
        names = ", ".join(table.columns)
        with self._connection:
            self._connection.executemany(
                f"INSERT INTO {table.name} ({names}) VALUES ({places})",  # noqa: S608
                cast("Sequence[Any]", rows),
            )
            self._connection.execute(_CHANGE_NOTE, (after.rows, after.hash, table.name))

    def rows(self, table: Table) -> Rows:
        yield from self._connection.execute(_select(table))

    def tidy(self) -> None:
        """Statistics are brought by the maintenance."""

    def damage(self) -> tuple[Finding, ...]:
        lost = self._connection.execute(statement("check_references")).fetchall()
        if lost:
            table, row, *_ = lost[0]
            return (Finding("file", f"row {row} of {table} refers to nothing"),)
        self._connection.execute(statement("check_index"))
        return ()

    def finish(
        self,
        last_ids: Mapping[str, int],
        change: Callable[[Transaction], T],
        approve: Callable[[Reader], None],
    ) -> T:
        with self._connection:
            for name, last in last_ids.items():
                self._go_on_after(name, last)
            clock = self._clock
            result = change(
                SqliteTransaction(self._connection.cursor(), clock.now_ms(), clock.ticks_ms(), None)
            )
            approve(SqliteReader(self._connection))
            self._connection.execute(_DROP_NOTE)
        return result

    def _go_on_after(self, name: str, last: int) -> None:
        """Of tables without a memory of ids, those that are gone are given out again."""
        kept = "SELECT 1 FROM sqlite_schema WHERE name = ? AND sql LIKE '%AUTOINCREMENT%'"
        if self._connection.execute(kept, (name,)).fetchall():
            self._connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
            self._connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, last))


def _select(table: Table) -> str:
    return f"SELECT {', '.join(table.columns)} FROM {table.name}"  # noqa: S608 - names of ours


def _open_to_read(path: Path) -> apsw.Connection:
    """As one that could write: only such a connection tidies up the file when it goes."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_NOMUTEX)
    try:
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        connection.pragma("query_only", True)
        connection.execute(statement("any_table")).fetchall()
    except (apsw.CantOpenError, apsw.ReadOnlyError):
        connection.close()
        return open_unchanged(path)  # in a folder where nothing can be written
    return connection


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        raise refusal(error, path) from error
    except UnicodeDecodeError as error:
        raise StoreError(
            "holds a text that is no UTF-8", where=str(path), remedy="See: quaero db check"
        ) from error
