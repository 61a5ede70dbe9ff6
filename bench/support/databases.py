"""Where the databases of a benchmark come from: a new one for every round of every contestant."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
sys.path.append(str(ROOT))  # the server comes from the tests

from tests.postgres_server import EMPTY, Server  # noqa: E402

__all__ = ["EMPTY", "Database", "Databases", "Server", "files", "on_server", "round_of", "server_of"]

Database = Path | str
"""A file of SQLite, or the URL of any database."""

Databases = Callable[[], AbstractContextManager[Database]]
"""A new database for the length of a block."""

DURABLE: Final = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
"""What a server of somebody's own is set to, which our private one would leave out."""


@contextmanager
def files() -> Iterator[Path]:
    """A new file of SQLite, which is not there yet."""
    with tempfile.TemporaryDirectory(prefix="quaero-bench-") as folder:
        yield Path(folder) / "bench.db"


@contextmanager
def server_of(url: str | None) -> Iterator[Server]:
    """The server of a database URL; None: a private one that waits for the disk, until the block ends."""
    if url is None:
        with Server.private(**DURABLE) as private:
            yield private
        return
    server = Server(url)
    try:
        yield server
    finally:
        server.close()


def on_server(server: Server, template: str | None = None) -> Databases:
    """Databases of a server: with the schema of the store, or what the template holds."""

    @contextmanager
    def new() -> Iterator[str]:
        url = server.create_database(template)
        try:
            yield url
        finally:
            server.drop_database(url)

    return new


def round_of(
    databases: Databases, measure: Callable[..., Mapping[str, float]], *sizes: int
) -> Callable[[], Mapping[str, float]]:
    """The measure with a new database for each round."""

    def measured() -> Mapping[str, float]:
        with databases() as database:
            return measure(database, *sizes)

    return measured
