"""Maintenance is work like any other: beside running jobs, each operation told with its time and sizes."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from quaero.jobs.definitions.reader import InvalidDefinition
from quaero.jobs.engine import Engine
from quaero.jobs.manager import JobManager
from quaero.jobs.manager.database_maintenance_manager import DatabaseMaintenanceManager, RetentionConfig
from quaero.jobs.registry import Registry
from quaero.jobs.summary import RunSummary
from quaero.jobs.worker import JobWorker
from quaero.jobs.worker.database_maintenance_worker import DatabaseMaintenanceWorker
from quaero.models.definition import JobDefinition, JobStep, RetryPolicy
from quaero.models.job import Job, JobKind, JobState
from quaero.models.maintenance import Operation
from quaero.models.outcome import LogLevel
from quaero.settings import QueueSettings, RetentionSettings
from quaero.store.reads import DocumentFilter, JobFilter
from quaero.store.rotation import backups
from quaero.store.sqlite import backup as copies
from quaero.store.sqlite import connection as files
from quaero.testing import SettableClock, finish, run_to_end
from tests.jobs import maintenance_process
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import Place, SqlitePlace

DAY_MS = 86_400_000
SECONDS = 60
IN_PLACE = [each for each in Operation if each is not Operation.BACKUP]


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def worker() -> ScriptWorker:
    return ScriptWorker()


@pytest.fixture
async def engine(place: Place, worker: ScriptWorker, clock: SettableClock) -> AsyncIterator[Engine]:
    """An engine that can maintain its database; whatever the test did, its invariants hold at the end."""
    engine = engine_at(place, clock, worker)
    yield engine
    assert await engine.store.check() == ()
    await engine.close()


def engine_at(
    place: Place,
    clock: SettableClock | None = None,
    worker: ScriptWorker | None = None,
    retention: RetentionSettings = RetentionSettings(),  # noqa: B008 - frozen
) -> Engine:
    managers: list[JobManager] = [ScriptManager(), DatabaseMaintenanceManager()]
    workers: list[JobWorker] = [worker or ScriptWorker(), DatabaseMaintenanceWorker()]
    registry = Registry(managers, workers)
    return Engine(place.store(clock=clock), registry, QueueSettings(), retention)


def maintenance(*operations: str, **config: Any) -> JobDefinition:
    written = {"operations": list(operations), **config}
    step = JobStep("maintain", "database_maintenance", written, retry=RetryPolicy(1, 1, 1))
    return JobDefinition(id="maintenance", name="Maintenance", steps=(step,))


async def jobs_of(engine: Engine, run: RunSummary | int) -> list[Job]:
    run_id = run if isinstance(run, int) else run.job.id
    wanted = JobFilter(root_id=run_id, kind=JobKind.CHILD)
    return list((await engine.store.jobs(wanted, oldest_first=True)).items)


async def log_of(engine: Engine, job: Job) -> list[str]:
    return [f"{line.level}: {line.message}" for line in await engine.store.log(job.id)]


async def stored(engine: Engine, count: int) -> RunSummary:
    """A run that stored so many documents."""
    children = [{"name": f"page {number}", "document": f"text {number} " * 200} for number in range(count)]
    return await run_to_end(engine, script_definition(script_step(children=children), id="documents"))


async def documents(engine: Engine) -> int:
    return (await engine.store.documents(DocumentFilter(), limit=1)).total


async def test_every_operation_is_a_job_of_its_own_in_the_order_that_was_written(
    engine: Engine, tmp_path: Path
) -> None:
    await stored(engine, 20)
    wanted = ["optimize", "vacuum", "reindex", "analyze", "integrity_check", "prune", "backup"]

    summary = await run_to_end(engine, maintenance(*wanted, backup_dir=str(tmp_path / "backups")))

    assert summary.job.state is JobState.COMPLETED
    jobs = await jobs_of(engine, summary)
    assert [job.name for job in jobs] == wanted
    assert list(await engine.store.maintained()) == wanted
    for job in jobs:
        assert " → " in (job.note or ""), job
        exact = [line for line in await log_of(engine, job) if line.startswith(f"info: {job.name}: ")]
        assert len(exact) == 1
        assert "bytes before" in exact[0]
    for each in (await engine.store.maintained()).values():
        assert each.keys() == {"at", "seconds", "bytes_before", "bytes_after", "text"}
        assert each["bytes_before"] > 0 < each["bytes_after"]
    assert await documents(engine) == 20


@pytest.mark.parametrize("operation", IN_PLACE)
async def test_an_operation_goes_on_beside_a_run_that_is_working(
    engine: Engine, worker: ScriptWorker, operation: Operation
) -> None:
    await stored(engine, 50)
    busy = [{"name": f"busy {number}", "document": "text"} for number in range(100)]
    step = script_step(children=[{"name": "held", "wait": True}, *busy], concurrency=5)
    run_id = await engine.control.launch(script_definition(step, id="busy"))
    maintained = await engine.control.launch(maintenance(operation))

    async with asyncio.timeout(SECONDS), engine.working():
        await worker.start_of("held").wait()
        await followed(engine, maintained)
        assert (await engine.store.job(run_id)).state is JobState.RUNNING
        worker.release("held")
        await followed(engine, run_id)

    assert {worker.executed[f"busy {number}"] for number in range(100)} == {1}
    assert {job.state for job in await jobs_of(engine, maintained)} == {JobState.COMPLETED}
    assert await documents(engine) == 150


async def followed(engine: Engine, run_id: int) -> None:
    """Until the run has ended."""
    async for _ in engine.hub.follow(run_id):
        pass


@pytest.mark.only("sqlite", reason="upkeep")
@pytest.mark.parametrize(
    ("operation", "place_of_death", "call"),
    [
        ("vacuum", "quaero.store.sqlite.backend:_give_back", 2),
        ("reindex", "quaero.store.sqlite.backend:_reindex", 5),
        ("optimize", "quaero.store.sqlite.backend:_merge", 2),
        ("backup", "quaero.store.sqlite.backup:check_pages", 1),
        ("backup", "quaero.store.rotation:backups", 1),
    ],
)
async def test_what_was_killed_in_the_middle_is_done_by_the_next_process(
    place: Place, tmp_path: Path, operation: str, place_of_death: str, call: int
) -> None:
    await die_and_go_on(place, tmp_path, operation, place_of_death, call)
    if operation == "backup":
        folder = tmp_path / "backups"
        assert set(folder.iterdir()) == set(backups(folder, "test")) != set()


@pytest.mark.only("postgres", reason="upkeep")
@pytest.mark.parametrize(
    ("operation", "place_of_death", "call"),
    [
        ("vacuum", "quaero.store.postgres.upkeep:_tables", 1),
        ("reindex", "quaero.store.postgres.upkeep:_drop_unfinished", 1),
        ("prune", "quaero.store.transitions.retention:prune_children", 1),
    ],
)
async def test_what_was_killed_on_a_server_is_done_by_the_next_process(
    place: Place, quick_deaths: None, tmp_path: Path, operation: str, place_of_death: str, call: int
) -> None:
    await die_and_go_on(place, tmp_path, operation, place_of_death, call)


async def die_and_go_on(place: Place, tmp_path: Path, operation: str, place_of_death: str, call: int) -> None:
    """A process is killed in the operation; another one goes on, and nothing is lost that was to stay."""
    first = engine_at(place)
    await stored(first, 40)
    young = await stored(first, 5)
    place.execute("UPDATE jobs SET created_at = 0, started_at = 0, finished_at = 1 WHERE root_id = 1")
    place.execute("DELETE FROM documents WHERE id > 5")
    config = {"backup_dir": str(tmp_path / "backups"), "retention": {"runs": "300d"}}
    run_id = await first.control.launch(maintenance(operation, **config))
    await first.close()

    command = ["-m", "tests.jobs.maintenance_process", place.url, str(run_id), place_of_death, str(call)]
    folder = Path(maintenance_process.__file__).parents[2]
    process = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=folder)
    assert await process.wait() == -signal.SIGKILL

    second = engine_at(place)
    summary = await finish(second, run_id)
    [job] = await jobs_of(second, summary)
    assert (job.state, job.lost_leases) == (JobState.COMPLETED, 1)
    assert await documents(second) == 5
    assert (await second.store.job(young.job.id)).state is JobState.COMPLETED
    assert await second.store.check() == ()
    await second.close()


async def test_work_that_is_told_to_stop_breaks_off_at_once(
    place: Place, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the database does for a run that is cancelled would go on for ever."""
    await stored(engine, 20)
    await engine.store.delete_document(1)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    if place.name == "sqlite":
        monkeypatch.setattr("quaero.store.sqlite.upkeep.statement", lambda _: endless)
    else:
        monkeypatch.setattr("quaero.store.postgres.upkeep.analyze", lambda each: each.execute(endless))
    run_id = await engine.control.launch(maintenance("vacuum" if place.name == "sqlite" else "analyze"))

    async with asyncio.timeout(SECONDS), engine.working(run_id):
        await until_running(engine, run_id)
        await engine.control.cancel(run_id)
        await followed(engine, run_id)

    assert (await engine.store.job(run_id)).state is JobState.CANCELLED


async def until_running(engine: Engine, run_id: int) -> None:
    """Until its one child is executed."""
    changed = asyncio.Event()
    forget = engine.store.on_change(lambda _: changed.set())
    while not await engine.store.running(run_id):
        await changed.wait()
        changed.clear()
    forget()


async def test_keys_of_the_definition_go_before_the_settings(place: Place, clock: SettableClock) -> None:
    settings = RetentionSettings(runs_ms=5 * DAY_MS, answers_ms=1_000 * DAY_MS)
    engine = engine_at(place, clock, retention=settings)
    old = await stored(engine, 3)
    await engine.store.keep_answer("old", "answer")
    clock.advance(20 * DAY_MS)

    [kept] = await jobs_of(engine, await run_to_end(engine, maintenance("prune", retention={"runs": "30d"})))
    assert (await engine.store.job(old.job.id)).id == old.job.id
    await run_to_end(engine, maintenance("prune", retention={"answers": "10d"}))

    assert await engine.store.answer("old") is None
    assert [job.type for job in (await engine.store.jobs(JobFilter(kind=JobKind.RUN))).items] == [
        "maintenance"
    ] * 2
    assert "0 runs, 0 events, 0 log lines deleted" in (kept.note or "")
    assert await engine.store.check() == ()
    await engine.close()


def test_what_a_definition_leaves_out_is_as_in_the_settings() -> None:
    settings = RetentionSettings(1, 2, 3, 4, 5, 6)

    assert RetentionConfig().over(settings) == settings
    own = RetentionConfig.model_validate({"runs": "7ms", "budgets": "8ms"})
    assert own.over(settings) == RetentionSettings(7, 2, 3, 4, 5, 8)


async def test_a_run_that_is_open_stays_however_old_it_is(
    engine: Engine, worker: ScriptWorker, clock: SettableClock
) -> None:
    step = script_step(children=[{"name": "held", "wait": True}, {"name": "done", "log": "a line"}])
    open_run = await engine.control.launch(script_definition(step, id="open"))
    async with asyncio.timeout(SECONDS), engine.working():
        await worker.start_of("held").wait()
        clock.advance(1_000 * DAY_MS)
        every = {"runs": "1d", "events": "1d", "logs": "1d"}
        await followed(engine, await engine.control.launch(maintenance("prune", retention=every)))
        assert (await engine.store.events(open_run))[0].number == 1
        assert len(await engine.store.log(open_run)) == 1
        worker.release("held")
        await followed(engine, open_run)


@pytest.mark.only("sqlite", reason="backup")
async def test_of_the_backups_the_newest_stay(engine: Engine, clock: SettableClock, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "test-notes.db").write_text("somebody else's")
    (folder / "other-20200101T000000Z.db").write_text("of another database")
    wanted = maintenance("backup", backup_dir=str(folder), keep=2)
    for _ in range(4):
        clock.advance(3_600_000)
        await run_to_end(engine, wanted)

    assert [file.name for file in backups(folder, "test")] == [
        "test-20231115T021320Z.db",
        "test-20231115T011320Z.db",
    ]
    assert {file.name for file in folder.iterdir()} - {file.name for file in backups(folder, "test")} == {
        "test-notes.db",
        "other-20200101T000000Z.db",
    }
    copy = SqlitePlace(backups(folder, "test")[0]).store()
    assert await copy.check() == ()
    await copy.close()


@pytest.mark.only("sqlite", reason="backup")
async def test_backups_of_one_second_are_told_apart(engine: Engine, tmp_path: Path) -> None:
    wanted = maintenance("backup", backup_dir=str(tmp_path), keep=2)
    for _ in range(5):
        await run_to_end(engine, wanted)

    found = [file.name for file in backups(tmp_path, "test")]
    assert found == ["test-20231114T221320Z-5.db", "test-20231114T221320Z-4.db"]


@pytest.mark.only("postgres", reason="backup")
async def test_a_backup_that_others_have_to_make_is_said_and_fails_nothing(
    engine: Engine, tmp_path: Path
) -> None:
    summary = await run_to_end(engine, maintenance("backup", "analyze", backup_dir=str(tmp_path)))

    assert summary.job.state is JobState.COMPLETED
    [backup, _] = await jobs_of(engine, summary)
    assert "pg_dump" in (backup.note or "")
    assert [line.level for line in await engine.store.log(backup.id)] == [LogLevel.INFO, LogLevel.WARNING]
    assert backups(tmp_path, "test") == []


@pytest.mark.only("sqlite", reason="backup")
@pytest.mark.parametrize("trouble", ["a file is there", "no such folder", "the disk is full"])
async def test_a_backup_that_cannot_be_made_fails_alone_and_leaves_what_was_there(
    engine: Engine, clock: SettableClock, tmp_path: Path, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "backups"
    await run_to_end(engine, maintenance("backup", backup_dir=str(folder), keep=1))
    clock.advance(3_600_000)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    elsewhere = {"a file is there": next(folder.iterdir()), "no such folder": tmp_path / "no" / "such"}
    if trouble == "the disk is full":
        monkeypatch.setattr(copies, "_copy_pages", full_disk)

    wanted = maintenance("backup", "optimize", backup_dir=str(elsewhere.get(trouble, folder)), keep=1)
    summary = await run_to_end(engine, wanted)

    [failed, optimized] = await jobs_of(engine, summary)
    assert (failed.state, failed.error_code) == (JobState.FAILED, "maintenance_failed")
    assert len((failed.error or "").splitlines()) == 1
    assert optimized.state is JobState.COMPLETED
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def full_disk(source: Path, target: Path, progress: object) -> None:
    target.write_bytes(b"half of it")
    raise files.refusal(apsw.FullError(), target)


@pytest.mark.only("sqlite", reason="backup")
async def test_a_copy_that_nobody_goes_on_with_is_removed_and_others_are_not(
    engine: Engine, tmp_path: Path
) -> None:
    dead = tmp_path / "test.db.unfinished-copy-00000000"
    dead.write_text("half a copy")
    with copies._unfinished(tmp_path / "test.db") as alive:
        await engine.store.back_up(tmp_path / "copy.db")
        assert alive.exists()
    assert not dead.exists()


@pytest.mark.only("sqlite", reason="file")
async def test_space_goes_back_to_the_disk_while_another_process_has_the_file_open(
    place: Place, engine: Engine
) -> None:
    await stored(engine, 200)
    for number in range(1, 181):
        await engine.store.delete_document(number)
    other = place.store()
    await other.documents(DocumentFilter())
    assert (await engine.store.facts())["free_bytes"] != 0

    summary = await run_to_end(engine, maintenance("optimize", "vacuum"))

    done = (await engine.store.maintained())["vacuum"]
    assert done["bytes_after"] < 0.7 * done["bytes_before"]
    assert (await engine.store.facts())["free_bytes"] == 0
    assert summary.job.state is JobState.COMPLETED
    assert await documents(engine) == (await other.documents(DocumentFilter())).total == 20
    await other.close()


@pytest.mark.only("sqlite", reason="file")
async def test_another_process_writes_between_the_steps_in_which_space_goes_back(place: Place) -> None:
    names: list[str] = []
    store, other = place.store(), place.store()
    for each in (store, other):
        each.backend._writer._before = names.append  # type: ignore[attr-defined]
    place.execute("CREATE TABLE waste (text TEXT)")
    place.execute("INSERT INTO waste VALUES (hex(zeroblob(4000000)))")
    place.execute("DROP TABLE waste")
    ended = False

    async def write() -> None:
        while not ended:
            await other.set_variable("name", "value")

    writing = asyncio.create_task(write())
    await store.backend.give_back()
    ended = True
    await writing

    steps = [name for name in names if name in ("give_back", "put_variable")]
    assert steps.count("give_back") >= 4
    first, last = steps.index("give_back"), len(steps) - steps[::-1].index("give_back")
    assert "put_variable" in steps[first:last]
    await other.close()
    await store.close()


@pytest.mark.only("sqlite", reason="file")
async def test_a_file_that_cannot_shrink_in_use_says_what_to_do_and_then_can(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As files of other programs' making, or of an older kind."""
    monkeypatch.setattr(files, "GIVES_SPACE_BACK", 0)
    engine = engine_at(place)
    monkeypatch.undo()
    await stored(engine, 50)
    for number in range(1, 41):
        await engine.store.delete_document(number)

    assert "--vacuum" in await engine.store.backend.give_back()
    await engine.store.backend.vacuum()
    assert await engine.store.backend.give_back() == "no free pages"
    for number in range(41, 50):
        await engine.store.delete_document(number)
    assert (await engine.store.backend.give_back()).endswith(" pages given back")
    await engine.close()


@pytest.mark.only("postgres", reason="upkeep")
async def test_an_index_that_a_broken_attempt_left_half_built_goes(place: Place, engine: Engine) -> None:
    place.execute("CREATE INDEX jobs_by_parent_ccnew ON jobs (parent_id)")
    place.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'jobs_by_parent_ccnew'::regclass"
    )
    before = place.rows("SELECT count(*) FROM pg_indexes WHERE schemaname = current_schema()")

    await run_to_end(engine, maintenance("reindex"))

    assert place.rows("SELECT 1 FROM pg_class WHERE relname = 'jobs_by_parent_ccnew'") == []
    [(count,)] = place.rows("SELECT count(*) FROM pg_indexes WHERE schemaname = current_schema()")
    assert count == before[0][0] - 1
    assert place.rows("SELECT 1 FROM pg_index WHERE NOT indisvalid") == []


async def test_a_database_that_is_not_sound_fails_the_check_and_says_what(place: Place) -> None:
    engine = engine_at(place)
    await stored(engine, 5)
    place.execute(
        "INSERT INTO documents_text (documents_text) VALUES ('delete-all')"
        if place.name == "sqlite"
        else "DELETE FROM document_texts"
    )

    summary = await run_to_end(engine, maintenance("integrity_check"))

    assert summary.job.state is JobState.FAILED
    [job] = await jobs_of(engine, summary)
    assert job.error_code == "not_sound"
    assert "quaero db check" in (job.error or "")
    assert any(line.startswith("error: index: ") for line in await log_of(engine, job))
    await engine.close()


@pytest.mark.only("sqlite", reason="index")
async def test_the_index_of_a_large_file_is_compared_without_keeping_others_from_writing(
    place: Place, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stored(engine, 5)
    names: list[str] = []
    engine.store.backend._writer._before = names.append  # type: ignore[attr-defined]
    monkeypatch.setattr("quaero.store.sqlite.backend.CHECKED_IN_PLACE", 0)

    assert await engine.store.check() == ()
    assert names == []
    assert [
        file.name for file in Path(place.url.removeprefix("sqlite:///")).parent.glob("*unfinished*")
    ] == []
    place.execute("INSERT INTO documents_text (documents_text) VALUES ('delete-all')")
    assert [finding.invariant for finding in await engine.store.check()] == ["index"]
    place.execute("INSERT INTO documents_text (documents_text) VALUES ('rebuild')")


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ('operations = ["vacuum", "tidy"]', "tidy"),
        ('operations = ["vacuum", "vacuum"]', "twice"),
        ("operations = []", "operations"),
        ('operations = ["backup"]', "needs a folder"),
        ('backup_dir = "backups"', "whole path"),
        ("keep = 0", "keep"),
        ('retention = {runs = "soon"}', "runs"),
        ('retention = {run = "1d"}', "runs"),
    ],
)
@pytest.mark.only("sqlite", reason="file")
async def test_a_config_that_makes_no_sense_is_refused_with_what_to_write(
    engine: Engine, config: str, complaint: str
) -> None:
    text = f'id = "m"\nname = "M"\n[[steps]]\nname = "s"\naction = "database_maintenance"\n[steps.config]\n{config}\n'

    with pytest.raises(InvalidDefinition) as refused:
        await engine.control.read(text, file="m.toml")

    assert complaint in str(refused.value)
