"""The SQLite backend: one file, one writer, many readers."""

import asyncio
import platform
import shutil
import time
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
from quaero.store.index_state import IndexState
from quaero.store.sqlite import index_build
from quaero.store.sqlite.backup import copy_database, snapshot
from quaero.store.sqlite.beside import Stop, beside
from quaero.store.sqlite.connection import GIVES_SPACE_BACK, open_reader, open_writer, refusal
from quaero.store.sqlite.full_text import facets, search
from quaero.store.sqlite.owners import Owner
from quaero.store.sqlite.readers import Readers
from quaero.store.sqlite.shared_clock import shared_clock
from quaero.store.sqlite.statements import migrations, statement
from quaero.store.sqlite.upkeep import checkpoint, space, vacuum
from quaero.store.sqlite.writer import SqliteTransaction, Writer
from quaero.store.transaction import BeforeStatement, Change, Reader, Row, Transaction

T = TypeVar("T")

CHECKED_IN_PLACE = 64_000_000
"""Bytes of a file whose full-text index is compared with the documents in less than a second or two."""

NOTICED_SECONDS = 0.05
"""Who waits for a locked file looks that often, or oftener, in the first quarter of a second."""

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

    def search_facets(self, reader: Reader, query: Query, most: int, most_values: int) -> list[Row]:
        return facets(reader, query, most, most_values)

    async def check_files(self) -> tuple[Finding, ...]:
        problems = await beside(lambda stop: _damage(self.path, stop))
        if problems or await self._index_fits():
            return problems
        return (Finding("index", "the search index does not fit the documents; run: quaero run reindex"),)

    async def facts(self) -> dict[str, str | int]:
        return {
            "path": str(self.path),
            "schema_version": len(migrations()),
            "sqlite_version": apsw.sqlite_lib_version(),
            **await asyncio.to_thread(space, self.path),
        }

    @property
    def name_of_copies(self) -> str:
        return self.path.stem

    async def back_up(self, target: Path, *, overwrite: bool, progress: Progress) -> int:
        loop = asyncio.get_running_loop()

        def copy(stop: Stop) -> int:
            def tell(done: int, total: int) -> None:
                stop.look()
                loop.call_soon_threadsafe(progress, done, total)

            return copy_database(self.path, target, overwrite=overwrite, progress=tell)

        return await beside(copy)

    async def checkpoint(self) -> bool:
        return await checkpoint(self.path)

    async def begin_index(self) -> None:
        await self.write(index_build.begin)

    async def index_documents(self, after: int, up_to: int | None) -> int:
        """In transactions that are short, for there is one writer."""
        count, last = 0, after
        while ids := await self.write(index_build.index_some, last, up_to):
            count, last = count + len(ids), ids[-1]
        return count

    async def finish_index(self) -> int:
        count = await self.index_documents(0, None)
        while not await self.write(index_build.use):
            count += await self.index_documents(0, None)
        return count

    async def index_state(self) -> IndexState:
        state = await self.read(index_build.orphans)
        last: int | None = 0
        while last is not None:
            state, last = await self.read(index_build.compare_some, state, last)
        return state

    async def tidy_index(self) -> int:
        if await self.read(index_build.abandoned):
            await self.write(index_build.drop)
        steps, pages = 0, -MERGED_PAGES  # negative: make one part of all, to begin with
        while await self._write_and_give_way(_merge, pages):
            steps, pages = steps + 1, MERGED_PAGES
        return steps

    async def optimize(self) -> None:
        await self.write(_optimize)

    async def analyze(self) -> None:
        await self.write(_analyze)

    async def reindex(self) -> int:
        """Each index in a transaction of its own; whoever wants to write gets in between."""
        names = await self.read(_indexes)
        for name in names:
            await self._write_and_give_way(_reindex, name)
        return len(names)

    async def give_way(self, seconds: float) -> None:
        """As long again, and long enough to be noticed: who waits for a locked file only looks now and then."""
        if not self._owner.alone:
            await asyncio.sleep(max(NOTICED_SECONDS, seconds))

    async def give_back(self) -> str:
        can, free = await self.read(_free_pages)
        if free and can != GIVES_SPACE_BACK:
            return (
                f"{free} free pages stay, to be used again: a file of this kind cannot shrink while it is in use; "
                "write it anew once with quaero db maintain --vacuum"
            )
        given = 0
        while pages := await self._write_and_give_way(_give_back):
            given += pages
        await self.checkpoint()
        return f"{given} pages given back" if given else "no free pages"

    def require_alone(self) -> None:
        if not self._owner.alone:
            raise ConflictError(
                "another process has this database open",
                where=str(self.path),
                remedy="End it, or leave out --vacuum",
            )

    async def vacuum(self) -> None:
        self.require_alone()
        await vacuum(self.path)

    async def dead(self, owners: Sequence[str]) -> list[str]:
        return [owner for owner in owners if self._owner.is_dead(owner)]

    def on_change(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def close(self) -> None:
        self._readers.close()
        await self._writer.close()  # last: only a connection that writes tidies up the file when it goes
        self._owner.close()

    async def _write_and_give_way(self, function: Callable[..., T], *arguments: Any) -> T:
        began = time.monotonic()
        result = await self.write(function, *arguments)
        await self.give_way(time.monotonic() - began)
        return result

    async def _index_fits(self) -> bool:
        """Whether the full-text index has what the documents say.

        The database only looks while it keeps others from writing. So a large one is copied first, if there is room.
        """
        size = self.path.stat().st_size
        if size > CHECKED_IN_PLACE and shutil.disk_usage(self.path.parent).free > 2 * size:
            return await beside(lambda stop: _index_of_copy_fits(self.path, stop))
        try:
            await self.write(_check_index)
        except StoreError:
            return False
        return True

    def _announce(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            listener(change)


def _damage(path: Path, stop: Stop) -> tuple[Finding, ...]:
    """On a connection of its own: an older one may hold an outdated picture of the full-text index."""
    try:
        with stop.watching(open_reader(path)) as connection:
            pages = connection.execute(statement("check_pages")).fetchall()
            references = connection.execute(statement("check_references")).fetchall()
    except apsw.Error as error:
        return (Finding("file", refusal(error, path).what),)
    texts = [text for (text,) in pages if text != "ok"]
    texts += [f"row {row} of {table} refers to nothing" for table, row, *_ in references]
    return tuple(Finding("file", str(text)) for text in texts)


def _check_index(tx: Transaction) -> None:
    tx.rows("check_index")


def _index_of_copy_fits(path: Path, stop: Stop) -> bool:
    with (
        snapshot(path, stop.look) as copy,
        stop.watching(apsw.Connection(str(copy))) as connection,
    ):
        try:
            connection.execute(statement("check_index"))
        except apsw.Error:
            return False
    return True


def _optimize(tx: Transaction) -> None:
    tx.rows("optimize")


def _analyze(tx: Transaction) -> None:
    tx.rows("limit_analysis")
    tx.rows("analyze")


def _indexes(reader: Reader) -> list[str]:
    return [name for (name,) in reader.rows("list_indexes")]


def _reindex(tx: SqliteTransaction, index: str) -> None:
    tx.reindex(index)


def _free_pages(reader: Reader) -> tuple[int, int]:
    [(can_give_back, free)] = reader.rows("free_pages")
    return can_give_back, free


def _give_back(tx: Transaction) -> int:
    """How many pages went; their content moves to gaps further in front."""
    return len(tx.rows("give_back"))


def _merge(tx: Transaction, pages: int) -> bool:
    """Whether there was something to merge: less than two changed rows mean that there was not."""
    [(before,)] = tx.rows("total_changes")
    tx.rows("merge_index", pages=pages)
    [(after,)] = tx.rows("total_changes")
    return bool(after - before >= 2)
