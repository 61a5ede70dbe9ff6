"""A real PostgreSQL for the tests: one server for a session, a database of its own for whoever asks.

The programs come from a package; nothing is installed and no user is made. `QUAERO_TEST_POSTGRES` names another
server to use (its user must be allowed to create databases), `QUAERO_TEST_POSTGRES_VERSION` the version (16, 18).
"""

import asyncio
import atexit
import os
import secrets
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.postgres_programs import SUPERUSER, free_port, make_cluster, new_folder, programs, unprivileged

EMPTY = "template0"
"""The template of a database without a schema."""

GUARD = Path(__file__).with_name("postgres_guard.py")
WAIT_S = 30.0
LEAVING_S = 0.2

_starting = threading.Lock()
_started: list["Server"] = []


def server() -> "Server":
    """The server of this session, started when it is first asked for."""
    with _starting:
        if not _started:
            named = os.environ.get("QUAERO_TEST_POSTGRES")
            _started.append(Server(named) if named else LocalServer())
            atexit.register(_started[0].close)
        return _started[0]


class Server:
    """A PostgreSQL server and the databases made on it for tests; `url` is that of any of its databases."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._template: str | None = None
        self._making = threading.Lock()
        self._made: set[str] = set()

    @staticmethod
    def private(**settings: str | int) -> "LocalServer":
        """Another server, for tests that stop it or need other settings (`max_connections=10`). A context manager."""
        return LocalServer(**settings)

    def url(self, database: str = "postgres", *, tcp: bool = False) -> str:
        """The URL of a database; `tcp`: by the address 127.0.0.1 rather than the fastest way."""
        return urlsplit(self._url)._replace(path=f"/{database}").geturl()

    def create_database(self, template: str | None = None) -> str:
        """The URL of a new database: a copy of `template` (name or URL), by default of a store that nobody has used."""
        name = f"quaero_test_{secrets.token_hex(6)}"
        source = self._store_template() if template is None else _name(template)
        with self._connect() as connection:
            # Without going through the log it is twice as fast. The clause is not known before version 15.
            how = sql.SQL("STRATEGY file_copy" if connection.info.server_version >= 150_000 else "")
            command = sql.SQL("CREATE DATABASE {} TEMPLATE {} {}")
            connection.execute(command.format(sql.Identifier(name), sql.Identifier(source), how))
        self._made.add(name)
        return self.url(name)

    def drop_database(self, database: str) -> None:
        """Remove a database, given by name or URL, whoever uses it."""
        name = _name(database)
        self.connections(name)  # until they have ended: the server itself looks only ten times a second
        with self._connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
        self._made.discard(name)

    def connections(self, database: str) -> list[str]:
        """What each connection to a database, given by name or URL, does; after those that just end have ended."""
        asked = """SELECT concat_ws(' ', pid, application_name, state, query) FROM pg_stat_activity
            WHERE datname = %s AND backend_type = 'client backend'"""
        until = time.monotonic() + LEAVING_S
        with self._connect() as connection:
            while True:
                found = [row for (row,) in connection.execute(asked, [_name(database)])]
                if not found or time.monotonic() > until:
                    return found
                time.sleep(0.002)

    def terminate_backends(self, database: str) -> int:
        """Cut all connections to a database, given by name or URL; how many there were."""
        with self._connect() as connection:
            cut = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [_name(database)]
            )
            return len(cut.fetchall())

    def close(self) -> None:
        """Remove what was made here."""
        for name in tuple(self._made):
            self.drop_database(name)

    def _store_template(self) -> str:
        with self._making:
            if self._template is None:
                url = self.create_database(EMPTY)
                with ThreadPoolExecutor(1) as thread:  # an event loop may run in this one
                    thread.submit(asyncio.run, _open_store(url)).result()
                self._template = _name(url)
            return self._template

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self._url, autocommit=True)


class LocalServer(Server):
    """A server of our own in a temporary folder. It ends with this process, however that ends.

    It survives a kill of its processes, but not one of the machine: it waits for no disk.
    """

    def __init__(self, **settings: str | int) -> None:
        user = unprivileged()
        self.folder = folder = new_folder(user, on_disk=settings.get("fsync") == "on")
        binaries = programs(folder, user)
        make_cluster(binaries, folder / "data", user)
        self.port = free_port()
        super().__init__(f"postgresql://{SUPERUSER}@/postgres?host={folder}&port={self.port}")
        settings = {**_SETTINGS, "port": self.port, "unix_socket_directories": str(folder), **settings}
        command = [str(binaries / "postgres"), "-D", str(folder / "data")]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._guard = subprocess.Popen(
            [sys.executable, "-IS", str(GUARD), str(folder), *map(str, user or (-1, -1)), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the tests; the server goes when they have ended
        )
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def url(self, database: str = "postgres", *, tcp: bool = False) -> str:
        """The URL of a database; `tcp`: by the address 127.0.0.1 rather than the socket file."""
        if tcp:
            return f"postgresql://{SUPERUSER}@127.0.0.1:{self.port}/{database}"
        return super().url(database)

    @property
    def log(self) -> str:
        """What the server has said: warnings and worse."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Start the server, in whatever state its files are, and wait until it answers."""
        self._tell("start")
        until = time.monotonic() + WAIT_S
        while True:
            try:
                return psycopg.connect(self.url()).close()
            except psycopg.OperationalError as error:
                state = self._tell("poll")
                if state != "running" or time.monotonic() > until:
                    raise RuntimeError(f"PostgreSQL does not start ({state}): {error}\n{self.log}") from error
                time.sleep(0.005)

    def stop(self, mode: Literal["immediate", "fast"] = "fast") -> None:
        """Stop it: `fast` breaks all connections off in order, `immediate` is as if it had crashed."""
        self._tell(mode)

    def restart(self, mode: Literal["immediate", "fast"] = "fast") -> None:
        self.stop(mode)
        self.start()

    def close(self) -> None:
        """End it and remove its files."""
        self._guard.communicate()

    def _tell(self, command: str) -> str:
        assert self._guard.stdin
        assert self._guard.stdout
        self._guard.stdin.write(f"{command}\n")
        self._guard.stdin.flush()
        return self._guard.stdout.readline().strip()


_SETTINGS: dict[str, str | int] = {
    "listen_addresses": "127.0.0.1",
    "max_connections": 200,
    "fsync": "off",
    "full_page_writes": "off",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
}


async def _open_store(url: str) -> None:
    """Opening a store makes its schema."""
    from quaero.store.postgres.backend import PostgresBackend

    await PostgresBackend(url).close()


def _name(database: str) -> str:
    """The name in a URL, or the name itself."""
    return urlsplit(database).path.lstrip("/") if "://" in database else database
