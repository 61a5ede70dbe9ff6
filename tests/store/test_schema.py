"""The database file: new, old, foreign, newer, damaged, out of reach."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from quaero.models.errors import StoreError
from quaero.store.sqlite.backend import SqliteBackend
from quaero.store.sqlite.connection import APPLICATION_ID, open_writer
from quaero.store.sqlite.statements import migrations
from quaero.store.store import Store
from tests.store.tree import claim, document, launch, plan, settlement

pytestmark = pytest.mark.only("sqlite", reason="file")

PAGE_SIZE = 4096
OLDER_VERSIONS = range(1, len(migrations()))


def schema(connection: apsw.Connection) -> list[tuple[object, ...]]:
    """Everything that the schema holds, in no particular order of creation."""
    return connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
    ).fetchall()


def make_version(path: Path, version: int) -> None:
    """A file as the program of that schema version left it."""
    connection = apsw.Connection(str(path))
    for text in migrations()[:version]:
        connection.execute(text)
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", version)
    connection.close()


def test_a_new_file_gets_the_schema(path: Path) -> None:
    connection = open_writer(path)

    assert connection.pragma("user_version") == len(migrations())
    assert connection.pragma("application_id") == APPLICATION_ID
    assert {row[1] for row in schema(connection)} >= {"jobs", "runs", "progress", "events", "documents"}
    connection.close()


def test_an_empty_file_is_a_new_one(path: Path) -> None:
    path.touch()
    connection = open_writer(path)

    assert connection.pragma("user_version") == len(migrations())
    connection.close()


def test_the_folders_of_a_new_file_are_made(tmp_path: Path) -> None:
    path = tmp_path / "not" / "there" / "test.db"
    open_writer(path).close()

    assert path.is_file()


def test_commits_are_synced(path: Path) -> None:
    connection = open_writer(path)

    assert (connection.pragma("journal_mode"), connection.pragma("synchronous")) == ("wal", 2)
    assert connection.pragma("foreign_keys") == 1
    connection.close()


@pytest.mark.parametrize("version", [*OLDER_VERSIONS, len(migrations())])
def test_a_migrated_file_has_the_schema_of_a_new_one(tmp_path: Path, version: int) -> None:
    make_version(tmp_path / "old.db", version)
    migrated, fresh = open_writer(tmp_path / "old.db"), open_writer(tmp_path / "new.db")

    assert schema(migrated) == schema(fresh)
    assert migrated.pragma("user_version") == len(migrations())
    migrated.close()
    fresh.close()


def text_file(path: Path) -> None:
    path.write_text("This is no database. " * 500)


def foreign_file(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()


def foreign_empty_file(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA application_id = 1234")
    connection.close()


def newer_file(path: Path) -> None:
    make_version(path, len(migrations()))
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", len(migrations()) + 1)
    connection.close()


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (text_file, "not SQLite at all"),
        (foreign_file, "belongs to another program"),
        (foreign_empty_file, "belongs to another program"),
        (newer_file, "written by a newer Quaero"),
        (folder, "cannot be opened"),
    ],
)
def test_a_file_that_is_not_ours_is_refused_and_left_alone(
    path: Path, make: Callable[[Path], None], complaint: str
) -> None:
    make(path)
    before = path.read_bytes() if path.is_file() else b""

    with pytest.raises(StoreError, match=complaint) as refused:
        open_writer(path)

    assert str(path) in refused.value.line()
    assert (path.read_bytes() if path.is_file() else b"") == before


@contextmanager
def without_privileges() -> Iterator[None]:
    """Nothing is forbidden to root, so be somebody else meanwhile."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("exists", [False, True])
def test_a_folder_that_cannot_be_written_is_said_to_be_so(exists: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "test.db"
        if exists:
            open_writer(path).close()
        path.parent.chmod(0o555)

        with without_privileges(), pytest.raises(StoreError, match=r"cannot be (opened|written)") as refused:
            open_writer(path)

        assert str(path) in refused.value.line()


async def full_store(path: Path) -> None:
    """A file with some hundred pages in use."""
    store = Store(SqliteBackend(path))
    for _ in range(5):
        _, parent = await launch(store)
        await plan(store, parent, *(f"page {n}" for n in range(100)))
        jobs = await claim(store)
        await store.settle([settlement(job, stores=f"{job.name} {'long ' * 100}") for job in jobs])
    await store.close()


def overwrite_middle(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2 // PAGE_SIZE * PAGE_SIZE)
        file.write(b"\xaa" * 10 * PAGE_SIZE)


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 // PAGE_SIZE * PAGE_SIZE)


async def test_a_damaged_file_is_noticed(path: Path) -> None:
    await full_store(path)
    overwrite_middle(path)

    assert await complaints(path)


async def test_a_cut_file_is_noticed(path: Path) -> None:
    await full_store(path)
    cut_in_half(path)

    assert await complaints(path)


async def complaints(path: Path) -> list[str]:
    """What opening the file and checking it says of it."""
    try:
        store = Store(SqliteBackend(path))
    except StoreError as error:
        return [error.line()]
    try:
        return [finding.text for finding in await store.check()]
    except StoreError as error:
        return [error.line()]
    finally:
        await store.close()


async def test_a_full_disk_is_an_error_and_harms_nothing(path: Path) -> None:
    backend = SqliteBackend(path)
    store = Store(backend)
    _, parent = await launch(store)
    await plan(store, parent, "small", "large")
    [small, large] = await claim(store)
    await store.settle([settlement(small, stores="small")])
    connection = backend._writer._connection
    connection.pragma("max_page_count", connection.pragma("page_count") + 2)
    outcome = settlement(large)
    too_much = type(outcome)(
        large.id, large.lease_number, outcome.end, documents=(document("large", "word " * 100_000),)
    )

    with pytest.raises(StoreError, match="the disk is full"):
        await store.settle([too_much])
    assert (await store.job(large.id)).state == "running"

    connection.pragma("max_page_count", 1_000_000)
    assert await store.settle([too_much]) == []
    assert await store.check() == ()
    await store.close()
