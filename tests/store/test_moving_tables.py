"""The list of tables that a move goes by is the schema of both databases: nothing can be forgotten."""

import asyncio
from pathlib import Path

from quaero.store.tables import OF_PROCESSES, TABLES, Table
from tests.places import Place, SqlitePlace
from tests.store.moving_kit import tables_of

MADE_BY_SQLITE = {"sqlite_sequence"}
SEARCH_INDEX = {"document_texts"}
OF_A_SERVER = {"store", "commits"}


def made(place: Place) -> Place:
    async def open_it() -> None:
        await place.store().close()

    asyncio.run(open_it())
    return place


def columns_of(place: Place, table: str) -> tuple[str, ...]:
    if isinstance(place, SqlitePlace):
        rows = place.rows("SELECT name FROM pragma_table_info(?) ORDER BY cid", [table])
    else:
        rows = place.rows(
            "SELECT attname FROM pg_attribute WHERE attrelid = ?::regclass AND attnum > 0 AND NOT attisdropped "
            "ORDER BY attnum",
            [table],
        )
    return tuple(name for (name,) in rows)


def references_of(place: Place) -> list[tuple[str, str]]:
    """Which table refers to which other one."""
    if not isinstance(place, SqlitePlace):
        return place.rows(
            "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
        )
    return [
        (table.name, other)
        for table in TABLES
        for (other,) in place.rows('SELECT "table" FROM pragma_foreign_key_list(?)', [table.name])
    ]


def is_unique(place: Place, table: Table) -> bool:
    """Whether the key tells rows apart, and no part of it is null: as many rows as keys, whatever is inserted."""
    if isinstance(place, SqlitePlace):
        found = place.rows("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", [table.name])
        return tuple(name for (name,) in found) == table.key
    indexes = place.rows(
        "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = ?::regclass AND indisunique",
        [table.name],
    )
    return any(all(column in text for column in table.key) for (text,) in indexes)


def test_every_table_is_moved_or_left_behind_on_purpose(place: Place) -> None:
    known = {table.name for table in TABLES} | set(OF_PROCESSES) | MADE_BY_SQLITE | SEARCH_INDEX | OF_A_SERVER
    found = {name for name in tables_of(made(place)) if not name.startswith("documents_text")}
    assert found - known == set()
    assert {table.name for table in TABLES} - found == set()


def test_every_column_is_moved(place: Place) -> None:
    made(place)
    for table in TABLES:
        assert sorted(table.columns) == sorted(columns_of(place, table.name)), table.name


def test_a_key_tells_rows_apart(place: Place) -> None:
    made(place)
    assert [table.name for table in TABLES if not is_unique(place, table)] == []


def test_what_is_referred_to_comes_first(place: Place) -> None:
    order = [table.name for table in TABLES]
    references = [pair for pair in references_of(made(place)) if pair[0] in order and pair[0] != pair[1]]
    assert references
    assert [pair for pair in references if order.index(pair[0]) < order.index(pair[1])] == []


def test_the_tables_whose_ids_the_database_gives_out_are_known(place: Place, tmp_path: Path) -> None:
    made(place)
    numbered = {table.name for table in TABLES if table.numbered}
    if isinstance(place, SqlitePlace):
        found = place.rows("SELECT name FROM sqlite_schema WHERE sql LIKE '%AUTOINCREMENT%'")
        assert {name for (name,) in found} <= numbered
    else:
        found = place.rows(
            "SELECT attrelid::regclass::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
            "WHERE attidentity <> '' AND c.relnamespace = current_schema()::regnamespace"
        )
        assert {name for (name,) in found} == numbered
