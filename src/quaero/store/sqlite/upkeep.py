"""What keeps a database file in shape and cannot be part of a transaction; each on a connection of its own."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import apsw

from quaero.store.sqlite.beside import Stop, beside
from quaero.store.sqlite.connection import GIVES_SPACE_BACK, open_reader, refusal
from quaero.store.sqlite.statements import statement

T = TypeVar("T")

PATIENCE_MS = 250
"""How long a checkpoint waits for readers; they are not worth more of a halt of the writers."""


async def checkpoint(path: Path) -> bool:
    """Write the whole log back into the file and empty it; False if readers or writers were in the way."""
    return await _done(path, _checkpoint)


async def vacuum(path: Path) -> None:
    """Write the file anew, without free pages; for the only process that has it open.

    From then on it is a file that gives space back while it is in use, if it was none before.
    """

    def write_anew(connection: apsw.Connection) -> None:
        connection.pragma("auto_vacuum", GIVES_SPACE_BACK)
        connection.execute(statement("vacuum")).fetchall()

    await _done(path, write_anew)


def space(path: Path) -> dict[str, int]:
    """Bytes of the file, of its write-ahead log, and of the pages in the file that nothing uses."""
    log = Path(f"{path}-wal")
    with contextlib.closing(open_reader(path)) as connection:
        free = connection.pragma("freelist_count") * connection.pragma("page_size")
    return {
        "bytes": path.stat().st_size,
        "wal_bytes": log.stat().st_size if log.exists() else 0,
        "free_bytes": free,
    }


def _checkpoint(connection: apsw.Connection) -> bool:
    """Most of it without being in anybody's way, so that little is left for the moment in which nobody can write."""
    try:
        connection.execute(statement("checkpoint_part")).fetchall()
        [(busy, _, _)] = connection.execute(statement("checkpoint"))
    except apsw.BusyError:
        return False
    return not busy


async def _done(path: Path, act: Callable[[apsw.Connection], T]) -> T:
    """Do it on a connection of its own. Raises `StoreError`."""

    def work(stop: Stop) -> T:
        try:
            with stop.watching(apsw.Connection(str(path))) as connection:
                connection.set_busy_timeout(PATIENCE_MS)
                return act(connection)
        except apsw.Error as error:
            raise refusal(error, path) from error

    return await beside(work)
