"""What work costs a PostgreSQL server of our own: the CPU of its processes, its log, transactions, rows and bytes.

CPU is the time that the processes ran, also those that have ended; it does not depend on what else the machine does.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Self

import psycopg
from support.databases import ROOT  # noqa: F401 - makes the server of the tests importable

from tests.postgres_server import LocalServer

_TICK: Final = 1 / os.sysconf("SC_CLK_TCK")
_BACKGROUND: Final = ("checkpointer", "background writer", "walwriter", "autovacuum", "logical replication")

_ROWS: Final = """
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0), coalesce(sum(n_tup_upd + n_tup_del), 0),
  coalesce(sum(n_tup_hot_upd), 0)
FROM pg_stat_user_tables
"""
_SIZES: Final = """
SELECT c.relname, CASE WHEN c.relkind = 'i' THEN owner.relname ELSE c.relname END, c.relkind = 'i',
  pg_relation_size(c.oid) + CASE WHEN c.reltoastrelid <> 0 THEN pg_total_relation_size(c.reltoastrelid) ELSE 0 END
FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class owner ON owner.oid = i.indrelid
WHERE c.relkind IN ('r', 'i') AND c.relnamespace = current_schema()::regnamespace
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """Sums since the server's start. CPU in seconds; `background`: of what is not a client's process.

    `written`: transactions with a number of their own, which wrote something. `changed`: rows inserted, updated or
    deleted; `dead`: versions of rows left behind by that; `hot`: of these the ones that no index knew of.
    """

    cpu: float
    background: float
    wal_bytes: float
    written: float
    changed: float
    dead: float
    hot: float

    def __sub__(self, other: Self) -> Self:
        return type(self)(**{f.name: getattr(self, f.name) - getattr(other, f.name) for f in fields(self)})

    def per(self, count: float) -> Mapping[str, float]:
        """Everything divided by so many jobs."""
        return {f.name: getattr(self, f.name) / count for f in fields(self)}


class Meter:
    """Reads what the server has done so far; rows are those of the database at `url`."""

    def __init__(self, server: LocalServer, url: str) -> None:
        self._postmaster = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
        self._url = url

    def read(self) -> Reading:
        """The sums now. Nobody else may use the database meanwhile: what idle sessions have counted comes late."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("SELECT pg_stat_force_next_flush()")
            [(position,)] = _rows(connection, "SELECT pg_current_wal_insert_lsn() - '0/0'")
            [(written,)] = _rows(connection, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
            [(changed, dead, hot)] = _rows(connection, _ROWS)
        cpu, background = self._cpu()
        return Reading(cpu, background, float(position), written, *map(float, (changed, dead, hot)))

    def vacuum(self, *tables: str) -> Reading:
        """Clean the tables (none: all of them); what that cost."""
        before = self.read()
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"VACUUM (ANALYZE) {', '.join(tables)}".encode())
        return self.read() - before

    def run(self, *commands: str) -> Reading:
        """What some statements cost, each in a transaction of its own."""
        before = self.read()
        with psycopg.connect(self._url, autocommit=True) as connection:
            for command in commands:
                connection.execute(command.encode())
        return self.read() - before

    def sizes(self) -> dict[tuple[str, str], int]:
        """Bytes by (table, index); the table itself, with its long texts, has an empty name of the index."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            found = _rows(connection, _SIZES)
        return {(table, name if is_index else ""): size for name, table, is_index, size in found}

    def _cpu(self) -> tuple[float, float]:
        """Seconds of all processes, and of those in the background that are still there."""
        everything = background = 0.0
        for pid in _family(self._postmaster):
            try:
                own, of_children = _seconds(pid)
                title = (Path("/proc") / str(pid) / "cmdline").read_bytes().decode(errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has just ended, and counts with its parent's children from now on
            everything += own + (of_children if pid == self._postmaster else 0.0)
            background += own if any(name in title for name in _BACKGROUND) else 0.0
        return everything, background


def _family(pid: int) -> list[int]:
    children = (Path("/proc") / str(pid) / "task" / str(pid) / "children").read_text().split()
    return [pid, *map(int, children)]


def _seconds(pid: int) -> tuple[float, float]:
    """User and system time of a process, and of its children that have ended."""
    after_name = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    user, system, children_user, children_system = map(int, after_name[11:15])
    return (user + system) * _TICK, (children_user + children_system) * _TICK


def _rows(connection: psycopg.Connection[Any], statement: str) -> list[tuple[Any, ...]]:
    return connection.execute(statement.encode()).fetchall()
