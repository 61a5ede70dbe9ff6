"""Where two sessions meet: a database that is set back to the moment of a base for each case, and two stores on it."""

# ruff: noqa: S608 - the names in the statements are our own

import asyncio
import contextlib
import shutil
import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import msgspec
import psycopg

from quaero.store.postgres.backend import PostgresBackend
from quaero.store.sqlite.backend import SqliteBackend
from quaero.store.store import Store
from quaero.store.transaction import Transaction
from quaero.testing import SettableClock
from tests.crash.bases import BUILDERS, Base, Builder, build
from tests.crash.contents import TABLES, Contents, told_apart
from tests.crash.restart import the_dead_are_known_at_once
from tests.crash.stepper import SECONDS, Stepper
from tests.places import Place, PostgresPlace, SqlitePlace, new_place

LOOK_AGAIN_SECONDS = 0.001
DEADLOCK_MS = 100
"""How long the server waits before it looks for a deadlock; there are few others who could be waited for."""

LOCKED = """SELECT 1 FROM pg_stat_activity
WHERE application_name = %s AND wait_event_type = 'Lock' AND datname = current_database()"""


@dataclass(slots=True)
class Session:
    """A store of its own, whose statements are taken step by step."""

    store: Store
    stepper: Stepper
    locked: asyncio.Event = field(default_factory=asyncio.Event)


class Desk(ABC):
    """One database for many cases. `moves_both`: two transactions can go on beside each other.

    `deadlocks`: how often each of the two waited for the other.
    """

    moves_both = False

    def __init__(self) -> None:
        self.bases: list[Base] = []
        self.deadlocks = 0

    @abstractmethod
    def sessions(self, base: Base) -> contextlib.AbstractAsyncContextManager[tuple[Session, Session]]:
        """Two sessions at the moment at which the base was made."""

    @abstractmethod
    async def until_locked(self, session: Session) -> None:
        """Until a transaction of this session has to wait for another one's."""

    @abstractmethod
    def contents(self) -> Contents:
        """Everything that is stored."""


@asynccontextmanager
async def open_desk(kind: str, folder: Path, builders: Sequence[Builder] = BUILDERS) -> AsyncIterator[Desk]:
    """A desk on that database with all bases. Nothing is planted in the code yet."""
    if kind == "sqlite":
        desk = SqliteDesk(folder)
        await desk.make(builders)
        yield desk
        return
    place = new_place(kind, folder)
    try:
        with the_dead_are_known_at_once():
            async with PostgresDesk.opened(place, builders) as other:
                yield other
    finally:
        place.remove()


class SqliteDesk(Desk):
    """A file for each base, and a copy of it for each case."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder, self._case = folder, SqlitePlace(folder / "case.db")

    async def make(self, builders: Sequence[Builder]) -> None:
        for builder in builders:
            place = SqlitePlace(self._folder / f"{builder.__name__}.db")
            self.bases.append(await build(builder, place))

    @asynccontextmanager
    async def sessions(self, base: Base) -> AsyncIterator[tuple[Session, Session]]:
        for old in self._folder.glob("case.db*"):
            old.unlink()
        shutil.copyfile(self._folder / f"{base.name}.db", self._case.path)
        async with self._session(base) as a, self._session(base) as b:
            yield a, b

    @asynccontextmanager
    async def _session(self, base: Base) -> AsyncIterator[Session]:
        stepper = Stepper()
        session = Session(self._case.store(clock=base.clock(), before_statement=stepper), stepper)
        try:
            await _tell_when_locked(session)
            stepper.forget()
            yield session
        finally:
            stepper.release()
            await session.store.close()

    async def until_locked(self, session: Session) -> None:
        await session.locked.wait()

    def contents(self) -> Contents:
        with contextlib.closing(
            apsw.Connection(str(self._case.path), flags=apsw.SQLITE_OPEN_READONLY)
        ) as connection:
            found = {}
            for table in TABLES:
                columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
                rows = connection.execute(f"SELECT * FROM {table}")
                found[table] = [dict(zip(columns, row, strict=True)) for row in rows]
        return told_apart(found)


async def _tell_when_locked(session: Session) -> None:
    """Set the event as soon as a transaction of this session has to wait for another one's."""
    loop = asyncio.get_running_loop()
    pause = threading.Event()

    def locked(calls: int) -> bool:
        loop.call_soon_threadsafe(session.locked.set)
        pause.wait(0.0005)
        return calls < SECONDS * 2_000

    def set_handler(tx: Transaction) -> None:  # in the writer's thread, whose connection it is
        backend = session.store.backend
        assert isinstance(backend, SqliteBackend)
        backend._writer._connection.set_busy_handler(locked)

    await session.store.backend.write(set_handler)


class PostgresDesk(Desk):
    """One database with a copy of each base in a schema of its own, and two backends that stay open."""

    moves_both = True

    def __init__(self, place: PostgresPlace) -> None:
        super().__init__()
        self._place = place
        self._connection = psycopg.connect(place.url, autocommit=True)
        self._clocks = (SettableClock(), SettableClock())
        self._steppers = (Stepper(), Stepper())
        self._restores: dict[str, str] = {}
        self._tables = [
            str(table)
            for (table,) in place.rows(
                "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'store'"
                " ORDER BY tablename = 'documents' DESC, tablename"
            )
        ]
        self._counters = [
            str(table)
            for (table,) in place.rows(
                "SELECT table_name FROM information_schema.columns"
                " WHERE table_schema = current_schema() AND is_identity = 'YES'"
            )
        ]

    @classmethod
    @asynccontextmanager
    async def opened(cls, place: Place, builders: Sequence[Builder]) -> "AsyncIterator[PostgresDesk]":
        assert isinstance(place, PostgresPlace)
        desk = cls(place)
        try:
            for builder in builders:
                await desk._make(builder)
            with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
                [(name,)] = place.rows("SELECT current_database()")
                place.execute(f"ALTER DATABASE {name} SET deadlock_timeout = {DEADLOCK_MS}")
            desk._backends = tuple(desk._backend(number) for number in range(2))
            yield desk
        finally:
            for stepper in desk._steppers:
                stepper.release()
            for backend in desk._backends:
                await backend.close()
            desk._connection.close()

    _backends: tuple[PostgresBackend, ...] = ()

    def _backend(self, number: int) -> PostgresBackend:
        return PostgresBackend(
            f"{self._place.url}&application_name={_session_name(number)}",
            clock=self._clocks[number],
            before_statement=self._steppers[number],
        )

    async def _make(self, builder: Builder) -> None:
        self._connection.execute(";".join(f"DELETE FROM {table}" for table in self._tables))
        base = await build(builder, self._place)
        name = f"saved_{base.name}"
        self._connection.execute(f"CREATE SCHEMA {name}")
        for table in self._tables:
            self._connection.execute(f"CREATE TABLE {name}.{table} AS SELECT * FROM {table}")
        filled = [
            table for table in self._tables if self._connection.execute(f"SELECT 1 FROM {table}").fetchone()
        ]
        restore = [f"DELETE FROM {table}" for table in reversed(self._tables)]
        restore += [f"INSERT INTO {table} SELECT * FROM {name}.{table}" for table in filled]
        for table in self._counters:
            [(last,)] = self._connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchall()
            restore.append(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last + 1}, false)")
        self._restores[base.name] = ";".join(restore)
        self.bases.append(base)

    @asynccontextmanager
    async def sessions(self, base: Base) -> AsyncIterator[tuple[Session, Session]]:
        self._connection.execute(self._restores[base.name].encode())
        for clock, backend in zip(self._clocks, self._backends, strict=True):
            clock.advance(base.clock().now_ms() - clock.now_ms())
            backend._writer._clock._latest = 0  # it takes care that time never goes back
        a, b = (
            Session(Store(backend), stepper)
            for backend, stepper in zip(self._backends, self._steppers, strict=True)
        )
        for stepper in self._steppers:
            stepper.forget()
        try:
            yield a, b
        finally:
            for stepper in self._steppers:
                stepper.release()

    async def until_locked(self, session: Session) -> None:
        name = _session_name(self._steppers.index(session.stepper))
        while not self._connection.execute(LOCKED, [name]).fetchone():  # noqa: ASYNC110 - in another process
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    def contents(self) -> Contents:
        question = " UNION ALL ".join(
            f"SELECT '{table}', to_json(t)::text FROM {table} t" for table in TABLES
        )
        found: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
        for table, row in self._connection.execute(question.encode()):
            found[table].append(msgspec.json.decode(row))
        return told_apart(found)


def _session_name(number: int) -> str:
    return f"session {number}".replace(" ", "-")
