"""The database file as a whole, while nobody has it open: which version it has, and a backup in its place."""

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import apsw

from quaero.models.errors import ConflictError, StoreError, UsageError
from quaero.store.clock import Clock, SystemClock
from quaero.store.database_file import Progress, Restored, Versions
from quaero.store.sqlite.backup import copy_database, remove, sync
from quaero.store.sqlite.connection import open_writer, refusal, schema_version
from quaero.store.sqlite.owners import everyone_kept_out
from quaero.store.sqlite.statements import migrations
from quaero.store.sqlite.table_copy import sqlite_source, sqlite_target
from quaero.store.sqlite.writer import SqliteTransaction
from quaero.store.table_copy import Source, Target
from quaero.store.transaction import Transaction
from quaero.store.transitions.restore import put_back

MAGIC = b"SQLite format 3\0"


class SqliteFile:
    """The file at `path`; see `DatabaseFile`."""

    def __init__(self, path: Path, *, clock: Clock | None = None) -> None:
        self.path, self._clock = path.resolve(), clock or SystemClock()

    def versions(self) -> Versions:
        found = schema_version(self.path) if self.path.exists() else 0
        return Versions(found, len(migrations()))

    def restore(self, source: Path, *, replace: bool, progress: Progress | None = None) -> Restored:
        version = self._version_of(source)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with everyone_kept_out(self.path):
            if self.path.exists() and not replace:
                raise ConflictError(
                    "there is a database already",
                    where=str(self.path),
                    remedy="Add --force: it will be kept beside the new one",
                )
            incoming = self.path.with_name(f"{self.path.name}.restoring")
            try:
                remove(incoming)
                copy_database(source, incoming, progress=progress)
                returned = _change(incoming, put_back, self._clock)
                kept = self._put_aside()
                incoming.replace(self.path)
                sync(self.path.parent)
            finally:
                remove(incoming)
        return Restored(Versions(version, len(migrations())), returned, kept)

    def source(self) -> AbstractContextManager[Source]:
        return sqlite_source(self.path)

    def target(self) -> AbstractContextManager[Target]:
        return sqlite_target(self.path, self._clock)

    def _version_of(self, source: Path) -> int:
        if not source.is_file():
            raise UsageError("there is no such file", where=str(source), remedy="Name a backup")
        if self.path.exists() and source.samefile(self.path):
            raise UsageError("this is the database itself", where=str(source), remedy="Name a backup")
        version = schema_version(source)
        if version == 0:
            raise StoreError("holds no Quaero database", where=str(source), remedy="Name a backup")
        return version

    def _put_aside(self) -> Path | None:
        """Give the old database another name; that one, or None if there was none."""
        if not self.path.exists():
            _rename_parts(
                self.path, _free_name(self.path)
            )  # what is left of a database is not for the new one
            return None
        _fold_in_log(self.path)
        kept = _free_name(self.path)
        _rename_parts(self.path, kept)
        try:
            kept.hardlink_to(self.path)  # so that there is a database under its name at every moment
        except OSError:
            self.path.rename(kept)
        return kept


def _fold_in_log(path: Path) -> None:
    """Bring what is only in the write-ahead log into the file. A damaged file keeps its log beside it instead."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            return  # SQLite would throw the log away
    try:
        with contextlib.closing(apsw.Connection(str(path))) as connection:
            connection.set_busy_timeout(0)
            connection.pragma("journal_mode", "delete")
    except (apsw.BusyError, apsw.LockedError) as error:
        raise ConflictError(
            "another program has this database open", where=str(path), remedy="End it, then try again"
        ) from error
    except apsw.Error:
        pass


def _rename_parts(path: Path, kept: Path) -> None:
    """The write-ahead log goes with its database; the index of the log is made anew from it."""
    Path(f"{path}-shm").unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        Path(f"{path}-wal").rename(f"{kept}-wal")


def _free_name(path: Path) -> Path:
    """`x.db-before-restore`, or with a number behind it."""
    names = [f"{path}-before-restore", *(f"{path}-before-restore-{number}" for number in range(2, 1_000))]
    return next(kept for kept in map(Path, names) if not kept.exists() and not Path(f"{kept}-wal").exists())


def _change(path: Path, function: Callable[[Transaction], int], clock: Clock) -> int:
    """Run a transition on a file that nobody knows yet, and leave one file behind."""
    connection = open_writer(path, keep_copy=False)
    try:
        with contextlib.closing(connection), connection:
            transaction = SqliteTransaction(connection.cursor(), clock.now_ms(), clock.ticks_ms(), None)
            result = function(transaction)
            transaction.rows("put_upkeep", what="restore", at=transaction.now, detail="")
    except apsw.Error as error:
        raise refusal(error, path) from error
    return result
