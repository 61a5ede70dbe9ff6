"""A store moves to another database with everything in it, or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from quaero.models.errors import ConflictError, NotFoundError, QuaeroError, StoreError, UsageError
from quaero.models.outcome import End, Settlement
from quaero.search.query import parse_query
from quaero.store.moving import Told
from quaero.store.postgres import owners
from quaero.store.table_copy import NOTE
from quaero.store.tables import TABLES
from quaero.testing import SettableClock
from tests.places import BACKENDS, Place, PostgresPlace, SqlitePlace, new_place
from tests.store.moving_kit import (
    HOUR_MS,
    begin,
    claim,
    content,
    file_of,
    fill,
    move_between,
    page_of,
    tables_of,
)
from tests.store.tree import children, plan, settlement, state, step_states, work_off


@pytest.fixture(params=BACKENDS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A place for the store to move to."""
    (tmp_path / "target").mkdir()
    place = new_place(request.param, tmp_path / "target")
    yield place
    place.remove()


@pytest.fixture
async def full(place: Place, clock: SettableClock) -> Place:
    """A store at rest, with rows in every table."""
    store = place.store(clock=clock)
    await fill(store)
    await store.close()
    return place


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that is missing is not watched: whoever held it is gone."""
    monkeypatch.setattr(owners, "GONE_SECONDS", 0.0)


async def test_everything_arrives_and_the_source_stays_as_it_was(
    full: Place, target: Place, clock: SettableClock
) -> None:
    before = content(full)
    assert all(before.values()), [name for name, rows in before.items() if not rows]

    moved = move_between(full, target, clock=clock)

    assert content(full) == before
    assert content(target) == before
    assert NOTE not in tables_of(target)
    assert {table.name: table.rows for table in moved.tables} == {
        name: len(rows) for name, rows in before.items()
    }
    assert (moved.returned, moved.replaced, moved.started_over) == (0, 0, False)
    store = target.store(clock=clock)
    assert await store.check() == ()
    hits, _ = await store.search(parse_query("birnen"), limit=10)
    assert {hit.document.title for hit in hits} == {"good", "better", "best"}
    await store.close()


async def test_a_copy_of_a_copy_has_the_same_hashes(
    full: Place, target: Place, tmp_path: Path, clock: SettableClock
) -> None:
    there = move_between(full, target, clock=clock)
    for name in BACKENDS:
        (tmp_path / name).mkdir()
        again = new_place(name, tmp_path / name)
        assert move_between(target, again, clock=clock).tables == there.tables
        again.remove()


async def test_what_was_still_to_be_done_is_done_at_the_target(
    full: Place, target: Place, clock: SettableClock
) -> None:
    move_between(full, target, clock=clock)

    clock.advance(HOUR_MS)
    store = target.store(clock=clock)
    [halfway] = [run for (run,) in target.rows("SELECT job_id FROM runs WHERE definition_id = 'halfway'")]
    before = await step_states(store, halfway)
    await work_off(store)
    assert before == {"one": "running", "two": "waiting"}
    assert (await state(store, halfway), set((await step_states(store, halfway)).values())) == (
        "completed",
        {"completed"},
    )
    assert set((await children(store, halfway)).values()) == {"completed", "failed"}
    [after] = [run for (run,) in target.rows("SELECT job_id FROM runs WHERE definition_id = 'after'")]
    assert await state(store, after) == "completed"
    assert await store.check() == ()
    await store.close()


async def test_no_id_is_given_out_twice(place: Place, target: Place, clock: SettableClock) -> None:
    store = place.store(clock=clock)
    await begin(store, "first")
    run_id, parent = await begin(store, "last")
    await plan(store, parent, "page")
    [page] = await claim(store, run_id)
    await store.settle([settlement(page, stores="page")])
    await store.cancel(run_id)
    [document] = place.rows("SELECT max(id) FROM documents")
    await store.delete_run(run_id, documents=True)
    await store.cancel(1)
    await store.close()

    move_between(place, target, clock=clock)

    store = target.store(clock=clock)
    run_id, parent = await begin(store, "new")
    await plan(store, parent, "page")
    [new] = await claim(store, run_id)
    await store.settle([settlement(new, stores="page")])
    assert page.id < run_id < new.id
    assert target.rows("SELECT max(id) FROM documents")[0] > document
    assert await store.check() == ()
    await store.close()


async def test_jobs_of_a_process_that_is_gone_return_to_the_queue_of_the_target(
    place: Place, target: Place, clock: SettableClock, no_waiting: None
) -> None:
    store = place.store(clock=clock)
    run_id, parent = await begin(store, "working")
    await plan(store, parent, "a", "b")
    await store.register("worker", ["scripted"], 4)
    await store.take_duty("orchestrator", HOUR_MS)
    [a, b] = await claim(store, run_id)
    await store.close()
    before = content(place)
    clock.advance(100 * HOUR_MS)

    moved = move_between(place, target, clock=clock)

    assert moved.returned == 2
    assert content(place) == before
    store = target.store(clock=clock)
    assert await store.check() == ()
    for job in (a, b):
        found = await store.job(job.id)
        assert (found.state, found.attempt, found.lost_leases) == ("pending", 0, 0)
    assert await store.processes() == ()
    assert await store.take_duty("orchestrator", HOUR_MS)
    await store.fail_overdue()
    assert await state(store, run_id) == "running"
    clock.advance(HOUR_MS + 1)
    await store.fail_overdue()
    assert (await store.job(run_id)).error_code == "timeout"
    await store.close()


async def test_nothing_is_moved_while_a_process_works_on_it(place: Place, target: Place) -> None:
    store = place.store()
    await begin(store, "working")
    with pytest.raises(ConflictError, match=r"processes work on it\. End them first.*those that hold leases"):
        move_between(place, target)

    await store.register("worker", ["scripted"], 4)
    [process] = await store.processes()
    with pytest.raises(ConflictError, match=f"End them first.*: worker {process.pid} on {process.host}"):
        move_between(place, target)
    await store.close()
    assert not tables_of(target) or not any(content(target).values())


async def test_a_target_that_holds_anything_is_left_as_it_is(
    full: Place, target: Place, clock: SettableClock
) -> None:
    store = target.store(clock=clock)
    await store.set_variable("mine", "precious")
    await store.close()

    with pytest.raises(ConflictError, match="is not empty: there are variables"):
        move_between(full, target)

    assert [row[:2] for row in content(target)["variables"]] == [("mine", "precious")]
    assert NOTE not in tables_of(target)


async def test_a_target_that_a_process_has_open_is_refused(full: Place, target: Place) -> None:
    store = target.store()
    await store.register("worker", ["scripted"], 4)
    with pytest.raises(ConflictError, match=r"a process has (it|this database) open"):
        move_between(full, target)
    await store.close()


async def test_a_store_that_was_opened_and_is_empty_is_filled(
    full: Place, target: Place, clock: SettableClock
) -> None:
    await target.store().close()
    move_between(full, target, clock=clock)
    assert content(target) == content(full)


async def test_a_store_does_not_move_to_where_it_is(full: Place) -> None:
    with pytest.raises(UsageError, match="this is the database itself"):
        move_between(full, full)


async def test_what_is_not_there_cannot_be_moved(tmp_path: Path, target: Place) -> None:
    with pytest.raises(NotFoundError, match="there is no such database"):
        move_between(SqlitePlace(tmp_path / "nothing.db"), target)
    assert not (tmp_path / "nothing.db").exists()
    assert "jobs" not in tables_of(target) or isinstance(target, PostgresPlace)  # where the tests make them


async def test_an_empty_store_moves_too(place: Place, target: Place) -> None:
    await place.store().close()
    moved = move_between(place, target)
    assert {(table.rows, table.hash) for table in moved.tables} == {(0, "0" * 64)}
    store = target.store()
    assert await store.check() == ()
    await store.close()


class Interrupted(BaseException):
    """As if the process had been killed."""


def interrupting(after: str) -> Told:
    """Ends the move when this table has been copied."""

    def tell(doing: str, table: str, done: int, total: int) -> None:
        if (doing, table) == ("copied", after):
            raise Interrupted

    return tell


async def test_a_store_that_is_not_complete_is_refused_by_everybody(
    full: Place, target: Place, clock: SettableClock, tmp_path: Path
) -> None:
    with pytest.raises(Interrupted):
        move_between(full, target, interrupting("jobs"))

    with pytest.raises(
        StoreError, match=r"holds an unfinished copy of .*quaero db migrate .* --to "
    ) as refused:
        target.store(clock=clock)
    assert full.url.rpartition("/")[2] in refused.value.line()
    with pytest.raises(StoreError, match="unfinished"):
        file_of(target).versions()
    with pytest.raises(StoreError, match="unfinished"):
        move_between(target, SqlitePlace(tmp_path / "further.db"))


async def test_a_move_from_elsewhere_does_not_go_on_with_a_copy(
    full: Place, target: Place, tmp_path: Path, clock: SettableClock
) -> None:
    with pytest.raises(Interrupted):
        move_between(full, target, interrupting("jobs"))
    (tmp_path / "other").mkdir()
    other = full.copy(tmp_path / "other")
    begun = content(target)

    with pytest.raises(ConflictError, match="is being filled from"):
        move_between(other, target)

    assert content(target) == begun
    other.remove()


@pytest.mark.parametrize("changed", ["definitions", "documents"])
async def test_what_has_changed_since_an_interrupted_move_is_noticed(
    full: Place, target: Place, clock: SettableClock, changed: str
) -> None:
    with pytest.raises(Interrupted):
        move_between(full, target, interrupting("documents"))
    if changed == "definitions":
        full.execute("UPDATE definitions SET source = 'another text'")
    else:
        full.execute(
            "DELETE FROM document_results; DELETE FROM document_versions; DELETE FROM document_tags;"
            "DELETE FROM document_sources;"
            "DELETE FROM documents WHERE id = 1"
        )

    moved = move_between(full, target, clock=clock)

    assert moved.started_over
    assert content(target) == content(full)
    store = target.store(clock=clock)
    assert await store.check() == ()
    await store.close()


async def test_what_comes_after_the_part_that_has_arrived_may_change(
    full: Place, target: Place, clock: SettableClock
) -> None:
    with pytest.raises(Interrupted):
        move_between(full, target, interrupting("jobs"))
    full.execute("UPDATE log_lines SET message = 'another text'")

    moved = move_between(full, target, clock=clock)

    assert not moved.started_over
    assert content(target) == content(full)


async def test_what_is_changed_while_it_is_copied_is_not_taken_for_complete(
    full: Place, target: Place, clock: SettableClock
) -> None:
    def change(doing: str, table: str, done: int, total: int) -> None:
        if (doing, table) == ("copied", "document_tags"):
            full.execute("UPDATE variables SET value = 'new'")

    with pytest.raises(ConflictError, match=r"was changed while it was copied \(table variables\)"):
        move_between(full, target, change)
    with pytest.raises(StoreError, match="unfinished"):
        target.store()

    assert move_between(full, target, clock=clock).started_over
    assert content(target)["variables"][0][1] == "new"


async def test_a_copy_that_is_not_what_was_copied_is_noticed(full: Place, target: Place) -> None:
    def spoil(doing: str, table: str, done: int, total: int) -> None:
        if (doing, table) == ("copied", "document_tags"):
            target.execute("UPDATE events SET data = '{}' WHERE number = 2")

    with pytest.raises(StoreError, match="the copy of the table events is not what was copied"):
        move_between(full, target, spoil)
    with pytest.raises(StoreError, match="unfinished"):
        target.store()


async def test_a_store_that_is_not_sound_is_not_moved(full: Place, target: Place) -> None:
    full.execute("UPDATE progress SET completed = completed + 1")

    with pytest.raises(StoreError, match=r"is not sound \(I1: job .*, and \d+ more\)\. See: quaero db check"):
        move_between(full, target)

    assert NOTE not in tables_of(target)


async def test_a_target_is_not_opened_before_it_is_found_sound(
    full: Place, target: Place, monkeypatch: pytest.MonkeyPatch, clock: SettableClock
) -> None:
    def lose_a_text(doing: str, table: str, done: int, total: int) -> None:
        index = "documents_text_docsize" if isinstance(target, SqlitePlace) else "document_texts"
        if (doing, table) == ("copied", "document_tags"):
            target.execute(f"DELETE FROM {index}")  # noqa: S608

    with pytest.raises(StoreError, match=r"search index|damaged|malformed"):
        move_between(full, target, lose_a_text)
    with pytest.raises(StoreError, match="unfinished"):
        target.store()


async def test_zero_bytes_are_replaced_where_they_cannot_be(
    tmp_path: Path, target: Place, clock: SettableClock
) -> None:
    place = SqlitePlace(tmp_path / "zeros.db")
    store = place.store(clock=clock)
    run_id, parent = await begin(store, "zeros")
    await plan(store, parent, "key \0 one", "key two")
    pages = await claim(store, run_id)
    await store.settle([settlement(page, stores=page.name) for page in pages])
    await store.fold()
    [two] = await claim(store, run_id, "script")
    await plan(store, two)
    await store.close()

    moved = move_between(place, target, clock=clock)

    keeps = isinstance(target, SqlitePlace)
    texts = {
        value for rows in content(target).values() for row in rows for value in row if isinstance(value, str)
    }
    assert any("\0" in text for text in texts) == keeps
    assert any("\ufffd" in text for text in texts) != keeps
    zeros = [value for rows in content(place).values() for row in rows for value in row if "\0" in str(value)]
    assert moved.replaced == (0 if keeps else len([text for text in zeros if isinstance(text, str)]))
    again = target.store(clock=clock)
    assert await again.check() == ()
    await again.close()


async def test_the_way_is_told_table_by_table(full: Place, target: Place) -> None:
    told: list[tuple[str, str]] = []

    def tell(doing: str, table: str, done: int, total: int) -> None:
        assert 0 <= done <= total
        if done == total:
            told.append((doing, table))

    move_between(full, target, tell)

    assert told == [(doing, table.name) for doing in ("copied", "compared", "read again") for table in TABLES]


async def test_nothing_lies_beside_a_file_after_a_move(full: Place, target: Place, tmp_path: Path) -> None:
    move_between(full, target)
    for place in (full, target):
        if isinstance(place, SqlitePlace):
            assert {file.name for file in place.path.parent.glob("*.db*")} == {"test.db", "test.db-owners"}


async def test_documents_are_found_after_a_move_and_new_ones_too(
    full: Place, target: Place, clock: SettableClock
) -> None:
    move_between(full, target, clock=clock)
    store = target.store(clock=clock)
    run_id, parent = await begin(store, "more")
    await plan(store, parent, "pear")
    [job] = await claim(store, run_id)
    await store.settle([Settlement(job.id, job.lease_number, End.COMPLETED, documents=(page_of(job),))])
    _, count = await store.search(parse_query("birnen"), limit=10)
    assert count == 4
    await store.rebuild_index()
    assert (await store.search(parse_query("birnen"), limit=10))[1] == count
    await store.close()


async def test_an_owner_without_a_lock_is_there_as_long_as_it_gives_signs_of_life(
    tmp_path: Path, target: Place
) -> None:
    """As behind a pooler, where a session keeps nothing."""
    place = new_place("postgres", tmp_path)
    store = place.store()
    run_id, _ = await begin(store, "working")
    await store.close()
    place.execute("UPDATE jobs SET lease_owner = '1' WHERE lease_owner IS NOT NULL")
    with pytest.raises(ConflictError, match="processes work on it"):
        move_between(place, target)

    place.execute("UPDATE jobs SET lease_until = 1 WHERE lease_owner IS NOT NULL")
    assert move_between(place, target).returned == 1
    assert target.rows("SELECT count(*) FROM jobs WHERE root_id = ? AND state = 'pending'", [run_id]) == [
        (1,)
    ]
    place.remove()


@pytest.mark.parametrize("version", [0, 1_000])
async def test_only_a_store_of_the_version_of_this_program_is_moved(
    full: Place, target: Place, version: int
) -> None:
    write_version = {"sqlite": "PRAGMA user_version = {}", "postgres": "UPDATE store SET version = {}"}
    full.execute(write_version[full.name].format(version))
    with pytest.raises(QuaeroError, match=r"holds nothing to move|no store here|newer Quaero"):
        move_between(full, target)


async def test_a_file_in_a_folder_where_nothing_can_be_written_is_read(clock: SettableClock) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = SqlitePlace(Path(folder) / "test.db")
        store = place.store(clock=clock)
        await fill(store)
        await store.close()
        place.path.chmod(0o444)
        place.path.parent.chmod(0o555)

        with without_privileges(), file_of(place).source() as source:
            source.look()
            read = {table.name: len(list(source.rows(table))) for table in TABLES}

        assert read == {name: len(rows) for name, rows in content(place).items()}


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
