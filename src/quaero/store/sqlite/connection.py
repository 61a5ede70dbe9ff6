"""Opening the database file: ours, sound, and of a version that we know, or a clear refusal."""

import contextlib
import time
from pathlib import Path

import apsw

from quaero.models.errors import StoreError
from quaero.store.sqlite.statements import migrations
from quaero.store.table_copy import NOTE, unfinished

APPLICATION_ID = 0x51554552  # "QUER", so that a foreign SQLite file is recognised
OLDEST_SQLITE = 3_051_003  # older ones can corrupt a file when two connections reset the WAL at once
BUSY_TIMEOUT_MS = 30_000
GIVES_SPACE_BACK = 2
"""For `PRAGMA auto_vacuum` (incremental): the file notes who refers to each page, so that pages can be moved."""
STATE_OF_FILE = """SELECT (SELECT user_version FROM pragma_user_version),
  (SELECT application_id FROM pragma_application_id), (SELECT count(*) = 0 FROM sqlite_schema)"""


def open_writer(path: Path, *, keep_copy: bool = True, filling: bool = False) -> apsw.Connection:
    """The connection that writes; creates the file and brings its schema up to date, keeping a copy of an older one.

    `StoreError` when the file is damaged, belongs to another program, is newer than this program, cannot be written,
    or holds an unfinished move; unless it is to be filled by that.
    """
    _check_library()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = apsw.Connection(str(path))
    except (apsw.Error, OSError) as error:
        raise StoreError(
            f"cannot be opened ({_reason(error)})", where=str(path), remedy="Check the path and its rights"
        ) from error
    try:
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        version = _version(connection, path)  # before anything is written: a foreign file stays as it is
        if not filling:
            _require_whole(connection, path)
        _check_writable(connection)
        if version == 0:  # later it would take a VACUUM
            connection.pragma("auto_vacuum", GIVES_SPACE_BACK)
        _configure(connection)
        _migrate(connection, path, keep_copy=keep_copy)
    except apsw.Error as error:
        connection.close()
        raise refusal(error, path) from error
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> apsw.Connection:
    """A connection that only reads a file that `open_writer` has accepted."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_NOMUTEX)
    connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    connection.pragma("query_only", True)
    connection.pragma("cache_size", -8_192)
    return connection


def open_unchanged(path: Path) -> apsw.Connection:
    """A connection that only reads a file which may be at rest; then nothing appears beside it either."""
    if Path(f"{path}-wal").exists():
        return open_reader(path)
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    return apsw.Connection(f"{path.absolute().as_uri()}?immutable=1", flags=flags)


def schema_version(path: Path, *, filling: bool = False) -> int:
    """The version of the file's schema, 0 for an empty file; nothing is written. `StoreError` as in `open_writer`."""
    try:
        with contextlib.closing(open_unchanged(path)) as connection:
            if not filling:
                _require_whole(connection, path)
            return _version(connection, path)
    except apsw.Error as error:
        raise refusal(error, path) from error


def refusal(error: Exception, path: Path) -> StoreError:
    """The one line that a person gets for an error of the database library."""
    if isinstance(error, apsw.NotADBError):
        return StoreError(
            "is not a Quaero database (not SQLite at all)",
            where=str(path),
            remedy="Name another file with --database",
        )
    if isinstance(error, apsw.CorruptError):
        return StoreError("is damaged", where=str(path), remedy="Restore a backup; nothing was changed")
    if isinstance(error, apsw.FullError):
        return StoreError(
            "the disk is full", where=str(path), remedy="Free some space and run again; nothing was lost"
        )
    if isinstance(error, apsw.IOError):
        return StoreError(
            f"cannot be read or written ({_reason(error)})",
            where=str(path),
            remedy="Check the disk, its space and quota, then run again; nothing was lost",
        )
    if isinstance(error, apsw.BusyError):
        return StoreError(
            "is locked by another program", where=str(path), remedy="End that program, then run again"
        )
    if isinstance(error, apsw.ReadOnlyError | apsw.CantOpenError | apsw.PermissionsError):
        return StoreError(
            "cannot be written", where=str(path), remedy="Check the rights of the file and its folder"
        )
    return StoreError(f"cannot be used ({_reason(error)})", where=str(path), remedy="See: quaero doctor")


def _reason(error: Exception) -> str:
    return str(error).removeprefix("SQLError: ") or type(error).__name__


def _check_library() -> None:
    if apsw.SQLITE_VERSION_NUMBER < OLDEST_SQLITE:
        raise StoreError(f"SQLite {apsw.sqlite_lib_version()} is too old", remedy="Install a newer apsw")


def _check_writable(connection: apsw.Connection) -> None:
    if connection.readonly("main"):
        raise apsw.ReadOnlyError


def _configure(connection: apsw.Connection) -> None:
    connection.pragma("foreign_keys", True)
    _use_wal(connection)
    connection.pragma("synchronous", "full")
    connection.pragma("cache_size", -16_384)  # kibibytes
    connection.pragma("wal_autocheckpoint", 4_000)


def _use_wal(connection: apsw.Connection) -> None:
    """SQLite does not wait by itself for others that switch a new file at the same time."""
    give_up_at = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.pragma("journal_mode", "wal")
        except apsw.BusyError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.005)
        else:
            return


def _migrate(connection: apsw.Connection, path: Path, *, keep_copy: bool) -> None:
    """Bring the schema up to date; `keep_copy`: as it was before, it is kept beside the file."""
    known = len(migrations())
    if _version(connection, path) == known:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if keep_copy and _version(connection, path) not in (0, known):
            from quaero.store.sqlite.backup import copy_database  # noqa: PLC0415 - it uses this module

            copy_database(path, Path(f"{path}-before-v{known}"), overwrite=True)
        for number in range(
            _version(connection, path), known
        ):  # read again: another process may have been faster
            connection.execute(migrations()[number])
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", known)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _require_whole(connection: apsw.Connection, path: Path) -> None:
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (NOTE,)).fetchall():
        [(source,)] = connection.execute(f"SELECT source FROM {NOTE} LIMIT 1")  # noqa: S608 - a name of ours
        raise unfinished(str(source), where=str(path), target=f"sqlite:///{path}")


def _version(connection: apsw.Connection, path: Path) -> int:
    [(version, application, empty)] = connection.execute(
        STATE_OF_FILE
    )  # at once: another process may migrate it
    if application != APPLICATION_ID and not (empty and version == 0 and application == 0):
        raise StoreError(
            "belongs to another program", where=str(path), remedy="Name another file with --database"
        )
    if version > len(migrations()):
        raise StoreError(
            f"was written by a newer Quaero (schema {version}, this one knows {len(migrations())})",
            where=str(path),
            remedy="Update Quaero",
        )
    return int(version)
