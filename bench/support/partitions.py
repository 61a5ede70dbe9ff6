"""The tables of a store cut into partitions by run, and which of them each statement of the program reads then."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, Final
from unittest.mock import patch

import psycopg
from psycopg.pq import TransactionStatus

from quaero.store.postgres.connection import Connection
from quaero.store.postgres.statements import statement

TABLES: Final = ("jobs", "events")
KEYS: Final = {"jobs": "id, root_id", "events": "root_id, number"}
LOOKS: Final = 4
_LOCKS: Final = re.compile("lock|hold")
_PARTITION: Final = re.compile(r"^(jobs|events)_(\d+)$")


def cut(url: str, partitions: int, width: int) -> None:
    """Make `jobs` and `events` of an empty store partitioned tables: a partition for so many ids of runs each."""
    with psycopg.connect(url) as connection:
        for table in TABLES:
            indexes = [row[0] for row in connection.execute(_INDEXES, [table]).fetchall()]
            for command in _commands(table, indexes, partitions, width):
                connection.execute(command.encode())


def _commands(table: str, indexes: list[str], partitions: int, width: int) -> Iterator[str]:
    yield f"ALTER TABLE {table} RENAME TO former"
    yield f"CREATE TABLE {table} (LIKE former INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (root_id)"
    yield "DROP TABLE former"
    yield f"ALTER TABLE {table} ADD PRIMARY KEY ({KEYS[table]})"
    if table == "jobs":
        yield "CREATE SEQUENCE jobs_id_seq"
        yield "ALTER TABLE jobs ALTER id SET DEFAULT nextval('jobs_id_seq')"
    yield from indexes
    for number in range(partitions):
        bounds = f"FROM ({number * width}) TO ({(number + 1) * width})"
        yield f"CREATE TABLE {table}_{number} PARTITION OF {table} FOR VALUES {bounds}"
    if table == "jobs":  # a run is stored before its id is known, and moves into its partition then
        yield "CREATE TABLE jobs_new PARTITION OF jobs DEFAULT"


_INDEXES: Final = "SELECT indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT LIKE '%%pkey'"


class Touched:
    """The most partitions that an execution of each statement read, by statement and table."""

    def __init__(self) -> None:
        self._most: dict[str, dict[str, int]] = {}
        self._looks: defaultdict[str, int] = defaultdict(int)
        self._names = {statement(name).text: name for name in _names()}

    def rows(self) -> list[tuple[str, int, int]]:
        """(statement, partitions of `jobs`, partitions of `events`) of those that read any."""
        return sorted(
            (name, most["jobs"], most["events"]) for name, most in self._most.items() if any(most.values())
        )

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Explain the first executions of every statement while the block runs; nothing is done twice."""
        execute = Connection.execute

        def watched(connection: Connection, query: Any, params: Any = None, **options: Any) -> Any:
            name = self._names.get(query)
            if name is not None and not _LOCKS.search(name) and self._looks[name] < LOOKS:
                self._looks[name] += 1
                self._look(name, _plan(execute, connection, query, params))
            return execute(connection, query, params, **options)

        with patch.object(Connection, "execute", watched):
            yield

    def _look(self, name: str, plan: Mapping[str, Any]) -> None:
        read = set(_read(plan))
        most = self._most.setdefault(name, dict.fromkeys(TABLES, 0))
        for table in TABLES:
            most[table] = max(most[table], sum(relation.startswith(table) for relation in read))


def _plan(execute: Any, connection: Connection, query: bytes, params: Any) -> Mapping[str, Any]:
    inside = connection.info.transaction_status is TransactionStatus.INTRANS
    begin, end = (b"SAVEPOINT look", b"ROLLBACK TO look; RELEASE look") if inside else (b"BEGIN", b"ROLLBACK")
    execute(connection, begin, prepare=False)
    [(found,)] = execute(
        connection, b"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) " + query, params, prepare=False
    ).fetchall()
    execute(connection, end, prepare=False)
    plan: Mapping[str, Any] = found[0]["Plan"]
    return plan


def _read(plan: Mapping[str, Any]) -> Iterator[str]:
    """The partitions whose scans were executed."""
    relation = plan.get("Relation Name", "")
    if _PARTITION.match(relation) and plan["Actual Loops"] and "Scan" in plan["Node Type"]:
        yield relation
    for part in plan.get("Plans", ()):
        yield from _read(part)


def _names() -> list[str]:
    folder = files("quaero.store.postgres") / "queries"
    return [entry.name.removesuffix(".sql") for entry in folder.iterdir() if entry.name.endswith(".sql")]
