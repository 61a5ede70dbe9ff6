"""Whole tables of a database, read or filled, for moving a store."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import psycopg

from quaero.models.errors import ConflictError, NotFoundError, StoreError
from quaero.settings import masked
from quaero.store.check import Finding
from quaero.store.clock import Clock
from quaero.store.postgres import upkeep
from quaero.store.postgres.clock import DatabaseClock, ServerTime
from quaero.store.postgres.connection import Connection, connect, refusal
from quaero.store.postgres.document_texts import text_of
from quaero.store.postgres.owners import Absences, holds_lock
from quaero.store.postgres.readers import PostgresReader
from quaero.store.postgres.schema import prepare, version
from quaero.store.postgres.statements import migrations, statement
from quaero.store.postgres.transaction import Frame, PostgresTransaction
from quaero.store.rows import to_json
from quaero.store.table_copy import NOTE, Begun, Part, Rows
from quaero.store.tables import OF_PROCESSES, TABLES, Table
from quaero.store.transaction import Reader, Row, Transaction

T = TypeVar("T")

ROWS_AT_ONCE: Final = 1_000
LARGE_ROWS_AT_ONCE: Final = 20
"""How many rows of a table are fetched with one question."""

LOOK_AGAIN_SECONDS: Final = 0.5

SILENCE_MS: Final = 60_000
"""Who holds no lock and gave no sign of life for so long is gone."""

_SETTINGS = (
    " SET LOCAL synchronous_commit = on; SET LOCAL statement_timeout = 0;"
    " SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL jit = off;"
)
"""Of every transaction here; of the session nothing, for a pooler may lie between."""

_SNAPSHOT = f"BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;{_SETTINGS}"

_MAKE_NOTE = f"CREATE TABLE {NOTE} (name TEXT PRIMARY KEY, source TEXT NOT NULL, rows BIGINT, hash TEXT)"
_HAS_NOTE = f"SELECT to_regclass('{NOTE}') IS NOT NULL"
_READ_NOTE = f"SELECT source, name, rows, hash FROM {NOTE}"  # noqa: S608 - a name of ours, as all below
_PUT_NOTE = f"INSERT INTO {NOTE} (source, name, rows, hash) VALUES (%s, %s, %s, %s)"  # noqa: S608
_CHANGE_NOTE = f"UPDATE {NOTE} SET rows = %s, hash = %s WHERE name = %s AND rows = %s"  # noqa: S608

_SIGNS_OF_LIFE = """
WITH moment AS (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms)
SELECT owner FROM processes, moment WHERE owner = ANY (%s) AND seen_at > ms - %s
UNION
SELECT lease_owner FROM jobs, moment WHERE state = 'running' AND lease_owner = ANY (%s) AND lease_until > ms
"""

_BAD_ROW = ("22", "23", "54")
"""States of errors that are due to a row: its data, a constraint, a limit."""


@contextmanager
def postgres_source(url: str) -> Iterator["PostgresSource"]:
    """The database to read from."""
    with _refusing(url), connect(url, pooled=True) as connection:
        found = version(connection, url)
        if found == 0:
            raise NotFoundError(
                "there is no store here", where=masked(url), remedy="Name another database with --database"
            )
        if found != len(migrations()):
            raise StoreError(
                "is of an older version", where=masked(url), remedy="First run: quaero db migrate"
            )
        yield PostgresSource(connection, url)
        connection.execute("ROLLBACK")


@contextmanager
def postgres_target(url: str, clock: Clock | None) -> Iterator["PostgresTarget"]:
    """The database to fill."""
    with _refusing(url), connect(url, pooled=True) as connection:
        if version(connection, url, filling=True) not in {0, len(migrations())}:
            raise ConflictError(
                "holds an older store", where=masked(url), remedy="Name an empty database: createdb NAME"
            )
        prepare(connection, url, filling=True)
        yield PostgresTarget(connection, url, clock)


class PostgresSource:
    """A database to read from; see `Source`."""

    def __init__(self, connection: Connection, url: str) -> None:
        self._connection, self._url = connection, url
        self.name = masked(url)

    def look(self) -> Reader:
        with _refusing(self._url):
            if self._connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                self._connection.execute("COMMIT")
            self._connection.execute(_SNAPSHOT.encode())
            self._connection.execute("SELECT 1 FROM store")  # the snapshot is of this moment
        return PostgresReader(self._connection)

    def living(self, owners: Sequence[str]) -> list[str]:
        """A lock that is missing may come back: watches until it has been missing for long enough."""
        living = _with_signs_of_life(self._connection, [owner for owner in owners if not holds_lock(owner)])
        locking, absences = [owner for owner in owners if holds_lock(owner)], Absences()
        while locking and not living:
            missing = _without_lock(self._connection, locking)
            living = [owner for owner in locking if owner not in missing]
            if len(absences.dead(locking, missing)) == len(locking):
                break
            if not living:
                time.sleep(LOOK_AGAIN_SECONDS)
        return living

    def count(self, table: Table) -> int:
        return int(self._value(f"SELECT count(*) FROM {table.name}"))  # noqa: S608

    def rows(self, table: Table) -> Rows:
        with _refusing(self._url):
            yield from _fetch(self._connection, table, f"{_select(table)} ORDER BY {', '.join(table.key)}")

    def last_id(self, table: Table) -> int:
        given = self._value(
            "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')::regclass)", table.name
        )
        return max(given or 0, self._value(f"SELECT max(id) FROM {table.name}") or 0)  # noqa: S608

    def _value(self, text: str, *parameters: Any) -> Any:
        with _refusing(self._url):
            [(value,)] = self._connection.execute(text.encode(), parameters).fetchall()
        return value


class PostgresTarget:
    """A database to fill; see `Target`."""

    holds_zeros = False

    def __init__(self, connection: Connection, url: str, clock: Clock | None) -> None:
        self._connection, self._url, self._clock = connection, url, clock
        self.name = masked(url)

    def begun(self) -> Begun | None:
        if self._rows(_HAS_NOTE) == [(True,)]:
            notes = self._rows(_READ_NOTE)
            return Begun(notes[0][0], {name: Part(rows, digest) for _, name, rows, digest in notes})
        owners = [owner for (owner,) in self._rows("SELECT owner FROM processes")]
        if set(owners) - set(_without_lock(self._connection, owners)):
            raise ConflictError(
                "a process has it open", where=self.name, remedy="End it, then run this again"
            )
        for table in TABLES:
            if self._rows(f"SELECT 1 FROM {table.name} LIMIT 1"):  # noqa: S608
                raise ConflictError(
                    f"is not empty: there are {table.name.replace('_', ' ')}",
                    where=self.name,
                    remedy="Name an empty database: createdb NAME",
                )
        return None

    def begin(self, source: str) -> None:
        tables = [table.name for table in TABLES] + [name for name in OF_PROCESSES if name != "clock"]
        empty = Part()
        with self._transaction():
            self._connection.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE".encode())
            self._connection.execute(f"DROP TABLE IF EXISTS {NOTE}".encode())
            self._connection.execute(_MAKE_NOTE.encode())
            notes = [(source, table.name, empty.rows, empty.hash) for table in TABLES]
            self._connection.cursor().executemany(_PUT_NOTE.encode(), notes)

    def add(self, table: Table, rows: Sequence[Row], before: Part, after: Part) -> None:
        try:
            with self._transaction():
                parameters = (after.rows, after.hash, table.name, before.rows)
                if not self._connection.execute(_CHANGE_NOTE.encode(), parameters).rowcount:
                    raise ConflictError(
                        "is being filled by another process", where=self.name, remedy="Wait for its end"
                    )
                self._copy_in(table, rows)
                if table.name == "documents":
                    self._index(table, rows)
        except psycopg.Error as error:
            if (error.sqlstate or "").startswith(_BAD_ROW):
                raise StoreError(
                    f"cannot hold a row of the table {table.name} ({error.diag.message_primary})",
                    where=self.name,
                    remedy="Mend or delete it where it comes from, then run this again",
                ) from error
            raise

    def rows(self, table: Table) -> Rows:
        with self._transaction():
            yield from _fetch(self._connection, table, _select(table))

    def tidy(self) -> None:
        upkeep.analyze(self._connection)

    def damage(self) -> tuple[Finding, ...]:
        return upkeep.damage(PostgresReader(self._connection))

    def finish(
        self,
        last_ids: Mapping[str, int],
        change: Callable[[Transaction], T],
        approve: Callable[[Reader], None],
    ) -> T:
        results = []
        try:
            with self._transaction():
                for name, last in last_ids.items():
                    if last:
                        self._rows("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", name, last)
                frame = Frame()
                clock = self._clock or self._server_clock()
                results.append(change(PostgresTransaction(frame, self._connection, clock, None)))
                frame.write_entries()
                approve(PostgresReader(self._connection))
                self._connection.execute(f"DROP TABLE {NOTE}".encode())
        except psycopg.OperationalError:
            if not results or not self._is_full():  # the answer to the commit may be what was lost
                raise
        return results[0]

    def _server_clock(self) -> Clock:
        clock = DatabaseClock()
        ServerTime(self._connection, clock).hear()
        return clock

    def _is_full(self) -> bool:
        with connect(self._url, pooled=True) as connection:
            return connection.execute(_HAS_NOTE.encode()).fetchall() == [(False,)]

    def _copy_in(self, table: Table, rows: Sequence[Row]) -> None:
        text = f"COPY {table.name} ({', '.join(table.columns)}) FROM STDIN"
        with self._connection.cursor() as cursor, cursor.copy(text.encode()) as copy:
            for row in rows:
                copy.write_row(row)

    def _index(self, table: Table, rows: Sequence[Row]) -> None:
        """The search index holds words that the program makes of the documents."""
        document_id, *parts = (table.columns.index(name) for name in ("id", "title", "markdown", "url"))
        self._connection.cursor().executemany(
            statement("put_document_text").text,
            [{"document_id": row[document_id], **text_of(*(row[part] for part in parts))} for row in rows],
        )

    def _rows(self, text: str, *parameters: Any) -> list[Row]:
        return self._connection.execute(text.encode(), parameters or None).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._connection.transaction():
            self._connection.execute(_SETTINGS.encode())
            yield


def _select(table: Table) -> str:
    return f"SELECT {', '.join(table.columns)} FROM {table.name}"  # noqa: S608 - names of ours


def _fetch(connection: Connection, table: Table, text: str) -> Rows:
    """The rows, some at a time, within the transaction that was begun."""
    with connection.cursor("rows", binary=True) as cursor:
        cursor.itersize = LARGE_ROWS_AT_ONCE if table.large else ROWS_AT_ONCE
        cursor.execute(text.encode())
        yield from cursor


def _without_lock(connection: Connection, owners: Sequence[str]) -> list[str]:
    found = PostgresReader(connection).rows("owners_without_lock", owners=to_json(list(owners)))
    return [owner for (owner,) in found]


def _with_signs_of_life(connection: Connection, owners: list[str]) -> list[str]:
    if not owners:
        return []
    found = connection.execute(_SIGNS_OF_LIFE.encode(), [owners, SILENCE_MS, owners]).fetchall()
    return [owner for (owner,) in found]


@contextmanager
def _refusing(url: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise refusal(error, url) from error
