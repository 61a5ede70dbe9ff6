"""The PostgreSQL backend: a few writers and readers, and one connection that listens."""

import asyncio
import contextlib
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from quaero.models.document import SearchHit
from quaero.models.errors import UsageError
from quaero.search.query import Query
from quaero.settings import PostgresSettings, masked
from quaero.store.check import Finding
from quaero.store.clock import Clock
from quaero.store.database_file import Progress
from quaero.store.index_state import IndexState
from quaero.store.postgres import upkeep
from quaero.store.postgres.clock import DatabaseClock
from quaero.store.postgres.connection import (
    IN_GROUPS,
    IN_WRITING,
    SESSION,
    Connection,
    connect,
    refusal,
)
from quaero.store.postgres.full_text import facets, index_lost, index_state, rebuild_some, search
from quaero.store.postgres.outage import Outage
from quaero.store.postgres.owners import Absences, holds_lock, new_owner
from quaero.store.postgres.readers import Readers
from quaero.store.postgres.schema import prepare
from quaero.store.postgres.sessions import Session, Sessions
from quaero.store.postgres.wake_ups import WakeUps
from quaero.store.postgres.writer import Writer
from quaero.store.rows import to_json
from quaero.store.transaction import BeforeStatement, Change, Reader, Row

T = TypeVar("T")

READERS = 4
PATIENT = f"{SESSION}; SET lock_timeout = '60s'"
"""For an index to be exchanged, everybody who may still read the old one must have ended; nobody waits for us."""

LOOK_SECONDS = 1.0
TELL_AGAIN_SECONDS = 0.5
"""After that, work that is to stop is told again."""

SEEN_SECONDS = 5.0
"""How long the opening waits until others can see that this process is alive."""


class PostgresBackend:
    """Opens (and creates or migrates) the database at the URL; must be made while an event loop runs.

    `before_statement` is called with the name of every statement of a write transaction.
    """

    def __init__(
        self,
        url: str,
        settings: PostgresSettings | None = None,
        *,
        clock: Clock | None = None,
        before_statement: BeforeStatement | None = None,
    ) -> None:
        self.url, self._settings = url, settings or PostgresSettings()
        self._loop = asyncio.get_running_loop()
        self._listeners: list[Callable[[Change], None]] = []
        self._server_clock = DatabaseClock()
        self._clock = clock or self._server_clock
        self._name = self._prepare()
        listens = self._settings.listen or ("" if self._settings.pooled else url)
        self._owner = new_owner(with_lock=bool(listens))
        self._absences = Absences()
        self._outage = Outage(url)
        self._writing = Sessions(
            "writers", lambda: self._open(IN_WRITING), url, self._settings.connections, self._outage
        )
        self._reading = Sessions("readers", lambda: self._open(SESSION), url, READERS, self._outage)
        self._writer = Writer(
            Session(lambda: self._open(IN_GROUPS)),
            self._writing,
            url,
            f" {IN_WRITING.replace('SET ', 'SET LOCAL ')};" if self._settings.pooled else "",
            self._server_clock,
            clock,
            self._committed,
            before_statement,
        )
        self._readers = Readers(self._reading)
        self._wake_ups = (
            WakeUps(lambda: connect(listens), self._owner, self._name, self._heard) if listens else None
        )
        if self._wake_ups is not None:
            self._wake_ups.wait_until_known(SEEN_SECONDS)
        self._look: asyncio.TimerHandle | None = None
        if self._wake_ups is None:
            self._look_around()

    @property
    def owner(self) -> str:
        """The name under which this process takes leases."""
        return self._owner

    @property
    def host(self) -> str:
        return platform.node()

    @property
    def clock(self) -> Clock:
        return self._clock

    def be_patient(self, patient: bool = True) -> None:
        self._outage.patient = patient

    async def write(self, function: Callable[..., T], *arguments: Any) -> T:
        return await self._writer.run(function, *arguments)

    async def read(self, function: Callable[..., T], *arguments: Any, again: bool = True) -> T:
        return await self._readers.run(function, *arguments, again=again)

    def search(
        self, reader: Reader, query: Query, limit: int, offset: int
    ) -> tuple[tuple[SearchHit, ...], int]:
        return search(reader, query, limit, offset)

    def search_facets(self, reader: Reader, query: Query, most: int, most_values: int) -> list[Row]:
        return facets(reader, query, most, most_values)

    async def check_files(self) -> tuple[Finding, ...]:
        return await self.read(upkeep.damage)

    async def facts(self) -> dict[str, str | int]:
        return {"database": masked(self.url), **await self.read(upkeep.facts)}

    @property
    def name_of_copies(self) -> None:
        """The server has tools for that."""

    async def back_up(self, target: Path, *, overwrite: bool, progress: Progress) -> int:
        raise UsageError(
            "a PostgreSQL database is not copied to a file in this way",
            where=masked(self.url),
            remedy=f"Use pg_dump, or: quaero db migrate --to sqlite:///{target}",
        )

    async def checkpoint(self) -> None:
        """The server does that by itself."""

    async def begin_index(self) -> None:
        """Nothing to do: what the index has of a document is replaced by itself."""

    async def index_documents(self, after: int, up_to: int | None) -> int:
        """In many small transactions, so that nobody who writes documents has to wait for the end."""
        return await self._index(rebuild_some, after, up_to)

    async def finish_index(self) -> int:
        return await self._index(index_lost, 0)

    async def index_state(self) -> IndexState:
        return await self.read(index_state)

    async def _index(self, index_some: Callable[..., list[int]], after: int, *arguments: object) -> int:
        count, last = 0, after
        while ids := await self.write(index_some, last, *arguments):
            count, last = count + len(ids), ids[-1]
        return count

    async def tidy_index(self) -> int:
        return await self.write(upkeep.tidy_index)

    async def optimize(self) -> None:
        await self._by_itself(upkeep.analyze)

    async def analyze(self) -> None:
        await self._by_itself(upkeep.analyze)

    async def reindex(self) -> int:
        """Beside each index a new one is built, which then takes its place: nobody waits."""
        return await self._by_itself(upkeep.reindex, PATIENT)

    async def give_way(self, seconds: float) -> None:
        """Nothing to do: transactions go side by side."""

    async def give_back(self) -> str:
        """Space at the end of a table goes back to the disk, the rest is used again by the table."""
        tables = await self._by_itself(upkeep.vacuum)
        return f"{tables} tables: what was deleted makes room in them"

    def require_alone(self) -> None:
        """Nothing here needs that."""

    async def vacuum(self) -> None:
        await self._by_itself(upkeep.vacuum)

    async def dead(self, owners: Sequence[str]) -> list[str]:
        asked = [owner for owner in owners if owner != self._owner and holds_lock(owner)]
        if not asked:
            return []
        missing = await self.read(_without_lock, asked)
        return self._absences.dead(asked, missing)

    def on_change(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def close(self) -> None:
        if self._look is not None:
            self._look.cancel()
        await self._reading.close()
        await self._writer.close()
        if self._wake_ups is not None:
            await asyncio.to_thread(self._wake_ups.close)

    def _prepare(self) -> str:
        try:
            with connect(self.url, pooled=self._settings.pooled) as connection:
                return prepare(connection, self.url)
        except psycopg.Error as error:
            raise refusal(error, self.url) from error

    def _open(self, setup: str) -> Connection:
        name = f"quaero {self._owner}"
        return connect(self.url, pooled=self._settings.pooled, setup=setup, name=name)

    async def _by_itself(self, function: Callable[[Connection], T], setup: str = SESSION) -> T:
        """Run what cannot be part of a transaction on a connection of its own, until nobody waits for it any more."""
        opened: list[Connection] = []

        def act() -> T:
            try:
                with connect(self.url, pooled=self._settings.pooled, setup=setup) as connection:
                    opened.append(connection)
                    return function(connection)
            except psycopg.Error as error:
                raise refusal(error, self.url) from error

        working = asyncio.ensure_future(asyncio.to_thread(act))
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            while not working.done():  # a statement that has not begun yet does not notice
                for connection in opened:
                    with contextlib.suppress(psycopg.Error):
                        await asyncio.to_thread(connection.cancel_safe)
                await asyncio.wait({working}, timeout=TELL_AGAIN_SECONDS)
            working.exception()  # it was told to stop
            raise

    def _committed(self, change: Change) -> None:
        """In the thread that committed."""
        self._announce(change)
        if self._wake_ups is not None:
            self._wake_ups.tell(change)

    def _heard(self, change: Change) -> None:
        """In the thread that listens."""
        self._writer.look_back_after(change)
        self._announce(change)

    def _announce(self, change: Change) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell_listeners, change)

    def _tell_listeners(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            listener(change)

    def _look_around(self) -> None:
        """Nobody tells us what others do: so it may have been anything, again and again."""
        self._tell_listeners(Change.FOREIGN)
        self._look = self._loop.call_later(LOOK_SECONDS, self._look_around)


def _without_lock(reader: Reader, owners: Sequence[str]) -> list[str]:
    return [owner for (owner,) in reader.rows("owners_without_lock", owners=to_json(owners))]
