"""The SQLite backend: one file, one writer, many readers."""

import asyncio
import contextlib
import platform
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import apsw

from quaero.models.document import SearchHit
from quaero.models.errors import ConflictError, StoreError
from quaero.search.query import Query
from quaero.store.check import Finding
from quaero.store.clock import Clock
from quaero.store.database_file import Progress
from quaero.store.sqlite.backup import copy_database
from quaero.store.sqlite.connection import open_reader, open_writer, refusal
from quaero.store.sqlite.full_text import search
from quaero.store.sqlite.owners import Owner
from quaero.store.sqlite.readers import Readers
from quaero.store.sqlite.shared_clock import shared_clock
from quaero.store.sqlite.statements import migrations, statement
from quaero.store.sqlite.upkeep import checkpoint, optimize, space, vacuum
from quaero.store.sqlite.writer import Writer
from quaero.store.transaction import BeforeStatement, Change, Reader, Transaction

T = TypeVar("T")

MERGED_PAGES = 500
"""Pages of the full-text index that are merged in one transaction."""


class SqliteBackend:
    """Opens (and creates or migrates) the database file; must be made while an event loop runs.

    `before_statement` is called with the name of every statement of a write transaction: the place where tests let
    the process crash.
    """

    def __init__(
        self, path: Path, *, clock: Clock | None = None, before_statement: BeforeStatement | None = None
    ) -> None:
        self.path = path = path.resolve()
        self._listeners: list[Callable[[Change], None]] = []
        connection = open_writer(path)
        opened = path.stat().st_ino
        self._owner = Owner(path)
        if path.stat().st_ino != opened:  # restored in the moment before our lock
            raise StoreError("was just replaced", where=str(path), remedy="Run again")
        self._clock = clock or shared_clock(connection, alone=self._owner.alone)
        self._writer = Writer(connection, path, self._clock, self._announce, before_statement)
        self._readers = Readers(path)

    @property
    def owner(self) -> str:
        """The name under which this process takes leases."""
        return self._owner.name

    @property
    def host(self) -> str:
        return platform.node()

    @property
    def clock(self) -> Clock:
        return self._clock

    def be_patient(self, patient: bool = True) -> None:
        self._writer.patient = patient

    async def write(self, function: Callable[..., T], *arguments: Any) -> T:
        return await self._writer.run(function, *arguments)

    async def read(self, function: Callable[..., T], *arguments: Any, again: bool = True) -> T:
        return await self._readers.run(function, *arguments)

    def search(
        self, reader: Reader, query: Query, limit: int, offset: int
    ) -> tuple[tuple[SearchHit, ...], int]:
        return search(reader, query, limit, offset)

    async def check_files(self) -> tuple[Finding, ...]:
        problems = await asyncio.to_thread(_damage, self.path)
        if problems:
            return problems
        try:
            await self.write(_check_index)
        except StoreError:
            return (Finding("index", "the search index does not fit the documents; run: quaero run reindex"),)
        return ()

    async def facts(self) -> dict[str, str | int]:
        return {
            "path": str(self.path),
            "schema_version": len(migrations()),
            "sqlite_version": apsw.sqlite_lib_version(),
            **await asyncio.to_thread(space, self.path),
        }

    async def back_up(self, target: Path, *, overwrite: bool, progress: Progress) -> int:
        stopped = threading.Event()
        loop = asyncio.get_running_loop()

        def tell(done: int, total: int) -> None:
            if stopped.is_set():
                raise InterruptedError
            loop.call_soon_threadsafe(progress, done, total)

        try:
            return await asyncio.to_thread(
                copy_database, self.path, target, overwrite=overwrite, progress=tell
            )
        except asyncio.CancelledError:
            stopped.set()  # else the copy would go on without anybody who waits for it
            raise

    async def checkpoint(self) -> bool:
        return await asyncio.to_thread(checkpoint, self.path)

    async def rebuild_index(self) -> None:
        """In one transaction, before whose end others see the old index."""
        await self.write(_rebuild_index)

    async def tidy_index(self) -> int:
        steps, pages = 0, -MERGED_PAGES  # negative: make one part of all, to begin with
        while await self.write(_merge, pages):
            steps, pages = steps + 1, MERGED_PAGES
        return steps

    async def optimize(self) -> None:
        await asyncio.to_thread(optimize, self.path)

    def require_alone(self) -> None:
        if not self._owner.alone:
            raise ConflictError(
                "another process has this database open",
                where=str(self.path),
                remedy="End it, or leave out --vacuum",
            )

    async def vacuum(self) -> None:
        self.require_alone()
        await asyncio.to_thread(vacuum, self.path)

    async def dead(self, owners: Sequence[str]) -> list[str]:
        return [owner for owner in owners if self._owner.is_dead(owner)]

    def on_change(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def close(self) -> None:
        self._readers.close()
        await self._writer.close()  # last: only a connection that writes tidies up the file when it goes
        self._owner.close()

    def _announce(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            listener(change)


def _damage(path: Path) -> tuple[Finding, ...]:
    """On a connection of its own: an older one may hold an outdated picture of the full-text index."""
    try:
        connection = open_reader(path)
        with contextlib.closing(connection):
            pages = connection.execute(statement("check_pages")).fetchall()
            references = connection.execute(statement("check_references")).fetchall()
    except apsw.Error as error:
        return (Finding("file", refusal(error, path).what),)
    texts = [text for (text,) in pages if text != "ok"]
    texts += [f"row {row} of {table} refers to nothing" for table, row, *_ in references]
    return tuple(Finding("file", str(text)) for text in texts)


def _check_index(tx: Transaction) -> None:
    tx.rows("check_index")


def _rebuild_index(tx: Transaction) -> None:
    tx.rows("rebuild_index")


def _merge(tx: Transaction, pages: int) -> bool:
    """Whether there was something to merge: less than two changed rows mean that there was not."""
    [(before,)] = tx.rows("total_changes")
    tx.rows("merge_index", pages=pages)
    [(after,)] = tx.rows("total_changes")
    return bool(after - before >= 2)
