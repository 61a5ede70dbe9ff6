"""A store with a long past: one finished run, copied with other ids as often as wanted."""

import psycopg

TABLES = ("jobs", "runs", "progress", "events")
IDS = frozenset({"id", "root_id", "parent_id", "job_id", "discovered_by"})


def copy_runs(url: str, copies: int) -> None:
    """Copy all that is in the store so many times, the oldest first; then clean and analyze it."""
    with psycopg.connect(url) as connection:
        [(span,)] = connection.execute("SELECT max(id) FROM jobs").fetchall()
        for table in TABLES:
            connection.execute(_copy(connection, table, copies).encode(), {"span": span})
        connection.execute("SELECT setval('jobs_id_seq', (SELECT max(id) FROM jobs))")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE, FREEZE)")


def _copy(connection: psycopg.Connection[tuple[object, ...]], table: str, copies: int) -> str:
    asked = (
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
    )
    columns = [str(name) for (name,) in connection.execute(asked, [table]).fetchall()]
    shifted = [f"t.{name} + copy * %(span)s" if name in IDS else f"t.{name}" for name in columns]
    order = "copy, number" if table == "events" else "copy"
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(shifted)} "  # noqa: S608 - our own names
        f"FROM {table} t CROSS JOIN generate_series(1, {copies}) copy ORDER BY {order}"
    )
