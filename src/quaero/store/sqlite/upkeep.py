"""What keeps a database file in shape; each on a connection of its own, beside those that work."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from quaero.store.sqlite.connection import open_reader, refusal
from quaero.store.sqlite.statements import statement

PATIENCE_MS = 5_000
"""How long a checkpoint waits for readers; they are not worth more of a halt of the writers."""


def checkpoint(path: Path) -> bool:
    """Write the whole log back into the file and empty it; False if readers or writers were in the way."""
    with _connection(path) as connection:
        try:
            [(busy, _, _)] = connection.execute(statement("checkpoint"))
        except apsw.BusyError:
            return False
        return not busy


def optimize(path: Path) -> None:
    """Bring the statistics up to date from which the database plans its queries."""
    with _connection(path) as connection:
        connection.execute(statement("optimize")).fetchall()


def vacuum(path: Path) -> None:
    """Write the file anew, without free pages."""
    with _connection(path) as connection:
        connection.execute(statement("vacuum")).fetchall()


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


@contextmanager
def _connection(path: Path) -> Iterator[apsw.Connection]:
    try:
        with contextlib.closing(apsw.Connection(str(path))) as connection:
            connection.set_busy_timeout(PATIENCE_MS)
            yield connection
    except apsw.Error as error:
        raise refusal(error, path) from error
