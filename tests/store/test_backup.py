"""Backup and restore: whole, checked, and never at the cost of what is there."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from quaero.models.errors import ConflictError, QuaeroError, StoreError, UsageError
from quaero.models.outcome import End
from quaero.store.sqlite import backup
from quaero.store.sqlite import connection as connections
from quaero.store.sqlite.backend import SqliteBackend
from quaero.store.sqlite.backup import copy_database
from quaero.store.sqlite.connection import APPLICATION_ID, open_writer, schema_version
from quaero.store.sqlite.database_file import SqliteFile
from quaero.store.sqlite.owners import Owner
from quaero.store.sqlite.statements import migrations
from quaero.store.store import Store
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.store.tree import children, claim, launch, plan, settlement

pytestmark = pytest.mark.only("sqlite", reason="backup")

HOUR_MS = 3_600_000


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copy.db"


def files(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def content(path: Path) -> bytes:
    return path.read_bytes()


def size_of(path: Path) -> int:
    return path.stat().st_size


def write_text(path: Path, text: str) -> None:
    path.write_text(text)


async def work(store: Store, *names: str) -> int:
    """A run with these pages, of which the first is stored; its id."""
    run_id, parent = await launch(store)
    await plan(store, parent, *names)
    await store.settle([settlement((await claim(store, limit=1))[0], stores=names[0])])
    return run_id


async def test_a_backup_is_the_store_in_one_sound_file(store: Store, copy: Path) -> None:
    run_id = await work(store, "a", "b")

    size = await store.back_up(copy)

    assert size == size_of(copy)
    assert files(copy.parent) >= {"copy.db"}
    assert not any("copy.db-" in name or "unfinished" in name for name in files(copy.parent))
    restored = Store(SqliteBackend(copy))
    assert await children(restored, run_id) == {"a": "completed", "b": "pending"}
    assert (await restored.document(1)).title == "a"
    assert await restored.check() == ()
    await restored.close()


async def test_a_backup_tells_how_far_it_is_and_is_remembered(store: Store, copy: Path) -> None:
    await work(store, "a")
    told: list[tuple[int, int]] = []

    await store.back_up(copy, progress=lambda done, total: told.append((done, total)))

    await asyncio.sleep(0)
    assert told[-1][0] == told[-1][1] > 0
    assert (await store.upkeep())["backup"][1] == str(copy)


async def test_a_backup_made_while_others_write_is_what_was_there_at_one_moment(
    store: Store, path: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents and jobs are written together; a copy that mixed two moments would not have both."""
    run_id, parent = await launch(store)
    await plan(store, parent, *(f"page {number}" for number in range(40)))
    jobs = list(await claim(store))
    first_page = asyncio.Event()
    written = asyncio.Event()

    async def write() -> None:
        await first_page.wait()
        for job in jobs:
            await store.settle([settlement(job, stores=job.name)])
        written.set()

    monkeypatch.setattr(backup, "STEP_PAGES", 1)

    def hold(done: int, total: int) -> None:
        asyncio.run_coroutine_threadsafe(told(), loop).result(30)

    async def told() -> None:
        first_page.set()
        await written.wait()

    loop = asyncio.get_running_loop()
    writing = asyncio.create_task(write())
    await asyncio.to_thread(copy_database, path, copy, progress=hold)
    await writing

    restored = Store(SqliteBackend(copy))
    assert set((await children(restored, run_id)).values()) == {"running"}
    assert (await restored.document_stats()) == ()
    assert await restored.check() == ()
    await restored.close()


async def test_a_backup_overwrites_nothing_unasked(store: Store, copy: Path) -> None:
    write_text(copy, "a letter")

    with pytest.raises(ConflictError, match="exists already"):
        await store.back_up(copy)
    assert content(copy) == b"a letter"

    await store.back_up(copy, overwrite=True)
    assert schema_version(copy) == len(migrations())


@pytest.mark.parametrize("ending", ["", "-wal", "-owners"])
async def test_the_database_itself_is_no_place_for_its_backup(store: Store, path: Path, ending: str) -> None:
    with pytest.raises(UsageError, match="the database itself"):
        await store.back_up(Path(f"{path}{ending}"), overwrite=True)

    assert await store.check() == ()


@pytest.mark.parametrize("target", [".", "missing/copy.db"])
async def test_a_backup_needs_a_place(store: Store, tmp_path: Path, target: str) -> None:
    with pytest.raises(UsageError, match="folder"):
        await store.back_up(tmp_path / target)


async def test_a_backup_that_fails_leaves_nothing_behind(store: Store, path: Path, copy: Path) -> None:
    await work(store, "a")
    write_text(copy, "an older backup")
    before = files(copy.parent)

    def fail(done: int, total: int) -> None:
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        copy_database(path, copy, overwrite=True, progress=fail)

    assert files(copy.parent) == before
    assert content(copy) == b"an older backup"


async def test_a_backup_of_a_damaged_database_is_refused(store: Store, path: Path, copy: Path) -> None:
    await work(store, *(f"page {number}" for number in range(500)))
    await store.close()
    damage(path)

    with pytest.raises(StoreError, match="is damaged"):
        copy_database(path, copy)
    assert "copy.db" not in files(copy.parent)


def damage(path: Path) -> None:
    """Overwrite a page in the middle."""
    with path.open("r+b") as file:
        for page in range(4, path.stat().st_size // 4096, 3):
            file.seek(page * 4096)
            file.write(b"\xaa" * 4096)


async def test_a_restored_store_goes_on_where_its_backup_was(
    store: Store, path: Path, copy: Path, clock: SettableClock
) -> None:
    run_id = await work(store, "a", "b")
    await store.back_up(copy)
    await store.cancel(run_id)
    await store.close()

    restored = SqliteFile(path, clock=clock).restore(copy, replace=True)

    assert restored.kept == Path(f"{path}-before-restore")
    assert files(path.parent) == {"test.db", "test.db-owners", "test.db-before-restore", "copy.db"}
    again, old = Store(SqliteBackend(path, clock=clock)), Store(SqliteBackend(restored.kept, clock=clock))
    assert await children(again, run_id) == {"a": "completed", "b": "pending"}
    assert (await old.job(run_id)).state == "cancelled"
    [b] = await claim(again)
    await again.settle([settlement(b, stores="b")])
    await again.fold()
    assert (await again.job(run_id)).state == "completed"
    assert (await again.check(), await old.check()) == ((), ())
    await again.close()
    await old.close()


async def test_jobs_that_were_in_flight_return_to_the_queue_and_have_lost_nothing(
    store: Store, path: Path, copy: Path, clock: SettableClock
) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "a", "b")
    first, _ = await claim(store)
    planning, step = await launch(store)
    await store.register("worker", ["scripted"], 1)
    await store.take_duty("orchestrator", 10 * HOUR_MS)
    await store.back_up(copy)
    await store.close()

    restored = SqliteFile(path, clock=clock).restore(copy, replace=True)

    assert restored.returned == 3
    again = Store(SqliteBackend(path, clock=clock))
    assert await again.check() == ()
    job = await again.job(first.id)
    assert (job.state, job.attempt, job.lost_leases, job.error_code) == ("pending", 0, 0, None)
    [told] = [event for event in await again.events(run_id) if event.data.get("reason") == "restored"][:1]
    assert (told.job_id, told.data["after"]) == (first.id, "pending")
    assert await again.processes() == ()
    assert await again.take_duty("orchestrator", HOUR_MS)
    [reclaimed, _] = await claim(again)
    assert reclaimed.lease_number > first.lease_number
    assert await again.settle([settlement(first)]) == [(first.id, first.lease_number)]
    assert [job.id for job in await claim(again, "script")] == [step.id]
    assert (await again.job(planning)).state == "running"
    assert await again.check() == ()
    await again.close()


async def test_the_time_that_a_backup_lay_there_does_not_count_for_timeouts(
    store: Store, path: Path, copy: Path, clock: SettableClock
) -> None:
    run_id, parent = await launch(store, script_definition(script_step(), timeout_ms=HOUR_MS))
    await plan(store, parent, "a")
    clock.advance(HOUR_MS // 2)
    [a] = await claim(store)
    await store.settle([settlement(a, End.RELEASED)])
    await store.back_up(copy)
    await store.close()
    clock.advance(100 * HOUR_MS)

    SqliteFile(path, clock=clock).restore(copy, replace=True)

    again = Store(SqliteBackend(path, clock=clock))
    clock.advance(HOUR_MS // 2 - 1)
    await again.fail_overdue()
    assert (await again.job(run_id)).state == "running"
    clock.advance(2)
    await again.fail_overdue()
    assert (await again.job(run_id)).error_code == "timeout"
    await again.close()


async def test_a_restore_needs_to_be_told_to_replace_a_database(store: Store, path: Path, copy: Path) -> None:
    await store.back_up(copy)
    await store.close()
    before = content(path)

    with pytest.raises(ConflictError, match="there is a database already"):
        SqliteFile(path).restore(copy, replace=False)
    assert content(path) == before


async def test_a_restore_makes_a_database_where_there_was_none(
    store: Store, tmp_path: Path, copy: Path
) -> None:
    await store.back_up(copy)

    restored = SqliteFile(tmp_path / "new" / "place.db").restore(copy, replace=False)

    assert restored.kept is None
    assert files(tmp_path / "new") == {"place.db", "place.db-owners"}


async def test_no_old_database_is_lost_however_often_one_restores(
    store: Store, path: Path, copy: Path
) -> None:
    await store.back_up(copy)
    await store.close()

    kept = [SqliteFile(path).restore(copy, replace=True).kept for _ in range(3)]

    assert [str(each) for each in kept] == [
        f"{path}-before-restore", f"{path}-before-restore-2", f"{path}-before-restore-3"
    ]  # fmt: skip


async def test_a_restore_that_ends_at_its_last_step_leaves_the_database_where_it_was(
    store: Store, path: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await work(store, "a")
    await store.back_up(copy)
    await store.close()
    replace = Path.replace

    def end(self: Path, target: Path) -> Path:
        if target == path:
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", end)
    with pytest.raises(KeyboardInterrupt):
        SqliteFile(path).restore(copy, replace=True)

    assert files(path.parent) == {"test.db", "test.db-owners", "test.db-before-restore", "copy.db"}
    again = Store(SqliteBackend(path))
    assert (await again.job(run_id)).id == run_id
    assert await again.check() == ()
    await again.close()


async def test_a_restore_works_where_a_file_can_have_one_name_only(
    store: Store, path: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.back_up(copy)
    await store.close()

    def refuse(self: Path, target: Path) -> None:
        raise OSError("not supported")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    kept = SqliteFile(path).restore(copy, replace=True).kept

    assert kept is not None
    assert (schema_version(kept), schema_version(path)) == (len(migrations()), len(migrations()))


async def test_a_database_that_is_open_is_not_replaced(store: Store, path: Path, copy: Path) -> None:
    run_id = await work(store, "a")
    await store.back_up(copy)

    with pytest.raises(ConflictError, match="a process has this database open"):
        SqliteFile(path).restore(copy, replace=True)
    assert (await store.job(run_id)).id == run_id


async def test_a_database_that_another_program_has_open_is_not_replaced(
    store: Store, path: Path, copy: Path
) -> None:
    await store.back_up(copy)
    await store.close()
    with contextlib.closing(apsw.Connection(str(path))) as foreign:
        foreign.execute("BEGIN; SELECT * FROM jobs").fetchall()

        with pytest.raises(ConflictError, match="another program has this database open"):
            SqliteFile(path).restore(copy, replace=True)

    assert files(path.parent) == {"test.db", "test.db-owners", "copy.db"}


async def test_nobody_opens_a_database_that_is_being_restored(store: Store, path: Path, copy: Path) -> None:
    await store.back_up(copy)
    await store.close()
    refused: list[str] = []

    def open_meanwhile(done: int, total: int) -> None:
        with pytest.raises(StoreError) as refusal:
            Owner(path)
        refused.append(refusal.value.line())

    SqliteFile(path).restore(copy, replace=True, progress=open_meanwhile)

    assert "is being restored" in refused[0]


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from quaero.store.sqlite.backend import SqliteBackend
from quaero.store.store import Store
from tests.store.tree import launch

async def main():
    await launch(Store(SqliteBackend(Path(sys.argv[1]))))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_what_a_killed_process_left_in_the_log_is_in_the_database_that_is_kept(
    store: Store, path: Path, copy: Path
) -> None:
    await store.back_up(copy)
    await store.close()
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, path, cwd=Path(__file__).parents[2]
    )
    assert await killed.wait() == -signal.SIGKILL
    assert size_of(Path(f"{path}-wal")) > 0

    kept = SqliteFile(path).restore(copy, replace=True).kept

    assert "test.db-wal" not in files(path.parent)
    assert kept is not None
    old, again = Store(SqliteBackend(kept)), Store(SqliteBackend(path))
    assert (await old.job(1)).state == "running"
    assert await again.open_run("test") is None
    await old.close()
    await again.close()


async def test_a_damaged_database_is_replaced_and_kept_with_its_log(
    store: Store, path: Path, copy: Path
) -> None:
    await store.back_up(copy)
    await store.close()
    write_text(path, "no database" * 1000)
    write_text(Path(f"{path}-wal"), "its log")

    kept = SqliteFile(path).restore(copy, replace=True).kept

    assert kept is not None
    assert content(kept).startswith(b"no database")
    assert content(Path(f"{kept}-wal")) == b"its log"
    again = Store(SqliteBackend(path))
    assert await again.check() == ()
    await again.close()


def letter(path: Path) -> None:
    path.write_text("Dear reader, " * 500)


def empty(path: Path) -> None:
    path.touch()


def bookmarks(path: Path) -> None:
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")


def newer(path: Path) -> None:
    open_writer(path).close()
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        connection.pragma("user_version", len(migrations()) + 1)


def damaged(path: Path) -> None:
    open_writer(path).close()
    damage(path)


def cut_off(path: Path) -> None:
    open_writer(path).close()
    os.truncate(path, path.stat().st_size // 2)


def missing(path: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("make", "complaint"),
    [(letter, "not SQLite at all"), (empty, "holds no Quaero database"), (bookmarks, "belongs to another program"),
     (newer, "written by a newer Quaero"), (damaged, "is damaged"), (cut_off, "is damaged"), (missing, "no such file")],
)  # fmt: skip
async def test_what_is_no_sound_backup_is_refused_and_the_database_left_alone(
    store: Store, path: Path, copy: Path, make: Callable[[Path], None], complaint: str
) -> None:
    await work(store, "a")
    await store.close()
    make(copy)
    before, names = content(path), files(path.parent)

    with pytest.raises(QuaeroError, match=complaint) as refused:
        SqliteFile(path).restore(copy, replace=True)

    assert str(copy) in refused.value.line()
    assert content(path) == before
    assert files(path.parent) == names


async def test_a_database_is_no_backup_of_itself(store: Store, path: Path) -> None:
    await store.close()

    with pytest.raises(UsageError, match="the database itself"):
        SqliteFile(path).restore(path, replace=True)


@pytest.fixture
def old_and_next(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database of the last version, and a program that knows one more."""
    for text in migrations():
        with contextlib.closing(apsw.Connection(str(path))) as connection:
            connection.execute(text)
            connection.pragma("application_id", APPLICATION_ID)
            connection.pragma("user_version", len(migrations()))
    more = (*migrations(), "CREATE TABLE novelties (id INTEGER PRIMARY KEY) STRICT")
    monkeypatch.setattr(connections, "migrations", lambda: more)


@pytest.mark.usefixtures("old_and_next")
def test_a_migration_keeps_a_copy_of_what_was_there(path: Path) -> None:
    known = len(migrations()) + 1

    open_writer(path).close()

    kept = Path(f"{path}-before-v{known}")
    assert (schema_version(kept), schema_version(path)) == (known - 1, known)
    kept.unlink()
    open_writer(path).close()
    assert not kept.exists()


@pytest.mark.usefixtures("old_and_next")
def test_a_migration_without_room_for_the_copy_changes_nothing(path: Path) -> None:
    known = len(migrations()) + 1
    Path(f"{path}-before-v{known}").mkdir()

    with pytest.raises(UsageError, match="is a folder"):
        open_writer(path)

    assert schema_version(path) == known - 1


def test_a_new_database_needs_no_copy(path: Path) -> None:
    open_writer(path).close()

    assert files(path.parent) == {"test.db"}
