"""The tables of a store cut into partitions by run, and which of them each statement of the program reads then."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final
from unittest.mock import patch

import psycopg
from psycopg.pq import TransactionStatus

from quaero.store.postgres.connection import IN_WRITING, Connection
from quaero.store.postgres.statements import statement

TABLES: Final = ("jobs", "events")
LOOKS: Final = 4
_LOCKS: Final = re.compile("lock|hold")
_PARTITION: Final = re.compile(r"^(jobs|events)_(\d+|new)$")


@dataclass(frozen=True, slots=True)
class Cut:
    """Which tables are cut, each by ranges of which of its columns."""

    name: str
    columns: Mapping[str, str]

    @property
    def tables(self) -> list[str]:
        return list(self.columns)


NOT_CUT: Final = Cut("none", {})
CUTS: Final = (
    Cut("events by run", {"events": "root_id"}),
    Cut("events by run, jobs by run", {"events": "root_id", "jobs": "root_id"}),
    Cut("events by run, jobs by id", {"events": "root_id", "jobs": "id"}),
)


def cut(url: str, how: Cut, partitions: int, width: int) -> None:
    """Make tables of an empty store partitioned ones: a partition for so many ids each."""
    with psycopg.connect(url) as connection:
        for table, column in how.columns.items():
            indexes = [row[0] for row in connection.execute(_INDEXES, [table]).fetchall()]
            for command in _commands(table, column, indexes, partitions, width):
                connection.execute(command.encode())


def _commands(table: str, column: str, indexes: list[str], partitions: int, width: int) -> Iterator[str]:
    yield f"ALTER TABLE {table} RENAME TO former"
    yield f"CREATE TABLE {table} (LIKE former INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE ({column})"
    yield "DROP TABLE former"
    key = "root_id, number" if table == "events" else ", ".join(dict.fromkeys(("id", column)))
    yield f"ALTER TABLE {table} ADD PRIMARY KEY ({key})"
    if table == "jobs":
        yield "CREATE SEQUENCE jobs_id_seq"
        yield "ALTER TABLE jobs ALTER id SET DEFAULT nextval('jobs_id_seq')"
    yield from indexes
    for number in range(partitions):
        bounds = f"FROM ({number * width}) TO ({(number + 1) * width})"
        yield f"CREATE TABLE {table}_{number} PARTITION OF {table} FOR VALUES {bounds}"
    yield f"CREATE TABLE {table}_new PARTITION OF {table} DEFAULT"


_INDEXES: Final = "SELECT indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT LIKE '%%pkey'"


class Touched:
    """The most partitions that an execution of each statement read, by statement and table."""

    def __init__(self) -> None:
        self._most: dict[str, dict[str, int]] = {}
        self._looks: defaultdict[str, int] = defaultdict(int)
        self._names = {statement(name).text: name for name in _names()}

    def of(self, name: str, table: str) -> int | None:
        """How many partitions of the table the statement read; None: it was not executed."""
        most = self._most.get(name)
        return None if most is None else most[table]

    def names(self) -> list[str]:
        """The statements that read any partition."""
        return sorted(name for name, most in self._most.items() if any(most.values()))

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


_NAMED: Final[Mapping[str, Sequence[tuple[bytes, bytes]]]] = {
    "get_job": [(b"WHERE id", b"WHERE root_id = %(root_id)s AND id")],
    "ready_jobs": [(b"WHERE parent_id", b"WHERE root_id = %(root_id)s AND parent_id")],
    "claim_jobs": [(b"WHERE id", b"WHERE root_id = %(root_id)s AND id")],
    "open_child_exists": [(b"WHERE parent_id", b"WHERE root_id = %(root_id)s AND parent_id")],
    "end_job": [
        (b"AS (id bigint", b"AS (root_id bigint, id bigint"),
        (b"AS given (id,", b"AS given (root_id, id,"),
        (b"WHERE j.id = e.id", b"WHERE j.root_id = e.root_id AND j.id = e.id"),
    ],
    "ready_lanes": [
        (b"JOIN jobs j ON j.id = p.job_id", b"JOIN jobs j ON j.root_id = p.root_id AND j.id = p.job_id"),
        (b"JOIN jobs root ON root.id", b"JOIN jobs root ON root.root_id = p.root_id AND root.id"),
    ],
}
"""Frequent statements, and what would have to be said in them so that they name the run of their jobs."""


def partitions_when_named(url: str) -> dict[str, int]:
    """How many partitions of `jobs` these statements would read if they named the run; on the newest run."""
    found = {}
    with psycopg.connect(url) as connection:
        connection.execute(IN_WRITING.encode())
        [(root_id, parent_id, ids)] = connection.execute(_NEWEST).fetchall()
        connection.execute(_REOPEN, [root_id])
        connection.execute("UPDATE progress SET pending = 1 WHERE job_id = %s", [parent_id])
        ended = [
            {"root_id": root_id, "id": each, "lease_number": 1, "state": "completed", "now": 1}
            for each in ids
        ]
        values = {
            "root_id": root_id, "parent_id": parent_id, "id": ids[0], "ids": json.dumps(ids), "now": 1, "owner": "x",
            "lease_until": 1, "types": "[]", "full_hosts": "[]", "skip": "[]", "suspects": 1, "suspect_from": 1.0,
            "limit": 10, "rows": json.dumps(ended), "runs": json.dumps([root_id]),
        }  # fmt: skip
        for name, changes in _NAMED.items():
            text = statement(name).text
            for old, new in changes:
                assert old in text, (name, old)
                text = text.replace(old, new)
            connection.execute("SAVEPOINT look")
            query = b"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) " + text
            [(plan,)] = psycopg.ClientCursor(connection).execute(query, values).fetchall()
            connection.execute("ROLLBACK TO look")
            found[name] = len(set(_read(plan[0]["Plan"])))
        connection.rollback()
    return found


_REOPEN: Final = """
UPDATE jobs SET state = CASE kind WHEN 'child' THEN 'pending' ELSE 'running' END, finished_at = NULL
WHERE root_id = %s
"""
_NEWEST: Final = """
SELECT root_id, parent_id, (array_agg(id))[1:10] FROM jobs WHERE kind = 'child'
GROUP BY root_id, parent_id ORDER BY root_id DESC LIMIT 1
"""


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
