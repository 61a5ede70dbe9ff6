"""A store with rows in every table, and what of it arrives where."""

from pathlib import Path
from typing import Any

from quaero.backends import database_file
from quaero.models.credential import Credential, Header
from quaero.models.definition import JobDefinition
from quaero.models.document import NewDocument, NewResult, content_hash
from quaero.models.job import Job, StepLimits
from quaero.models.outcome import End, LogLevel, LogLine, Settlement
from quaero.secrets.key import SecretKey
from quaero.secrets.sealed_credential import seal_credential
from quaero.settings.written import database_url
from quaero.store.audit import Act
from quaero.store.clock import Clock
from quaero.store.database_file import DatabaseFile
from quaero.store.moving import Moved, Told, move
from quaero.store.postgres.database_file import PostgresDatabase
from quaero.store.reads import DocumentFilter
from quaero.store.sqlite.database_file import SqliteFile
from quaero.store.store import Store
from quaero.store.tables import TABLES
from quaero.store.transitions.definitions import NewDefinition
from quaero.store.transitions.launch import Launch
from quaero.store.transitions.schedules import Schedule
from tests.kit import script_definition, script_step
from tests.places import Place, Row, SqlitePlace
from tests.store.tree import LEASE_MS, plan, settlement

HOUR_MS = 3_600_000
NOTHING_TOLD: Told = lambda *_: None  # noqa: E731
LINE = LogLine(1_700_000_000_000, LogLevel.INFO, "fetched → ünïcode 🌳")
NIGHTLY = "0 3 * * *"
KEY = SecretKey(bytes(range(32)))

Content = dict[str, list[Row]]


def move_between(
    source: Place, target: Place, told: Told = NOTHING_TOLD, *, clock: Clock | None = None
) -> Moved:
    return move(file_of(source), file_of(target, clock), told)


def file_of(place: Place, clock: Clock | None = None) -> DatabaseFile:
    if clock is None:
        return database_file(database_url(place.url, Path.cwd()))
    return (
        SqliteFile(place.path, clock=clock)
        if isinstance(place, SqlitePlace)
        else PostgresDatabase(place.url, clock=clock)
    )


def content(place: Place) -> Content:
    """All that a move brings, read directly; each table sorted in one way for all databases."""
    found = {}
    for table in TABLES:
        rows = place.rows(f"SELECT {', '.join(table.columns)} FROM {table.name}")  # noqa: S608
        found[table.name] = sorted(rows, key=repr)
    return found


def tables_of(place: Place) -> set[str]:
    """The names of all tables; none where there is no store yet."""
    if isinstance(place, SqlitePlace):
        if not place.path.exists():
            return set()
        return {name for (name,) in place.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    return {
        name for (name,) in place.rows("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    }


def two_steps(name: str, **keys: Any) -> JobDefinition:
    return script_definition(
        script_step("one"), script_step("two"), id=name, tags=("all", "tree"), timeout_ms=HOUR_MS, **keys
    )


def page_of(job: Job) -> NewDocument:
    url = f"https://example.org/{job.id}"
    text = f"# Apple {job.name}\n\nÄpfel und Birnen, {job.id}"
    hashed = content_hash(job.name, text)
    return NewDocument(
        "crawl",
        url,
        url,
        job.name,
        text,
        hashed,
        ("all", "tree"),
        {"depth": 1},
        b"\0\xff\x28zstd",
        "text/html",
    )


async def fill(store: Store) -> None:
    """Rows in every table, and nothing in flight: a run that has ended, one half way, some that wait."""
    nightly = two_steps("kept", schedule=NIGHTLY)
    await store.import_definitions([NewDefinition(nightly, "id = 'kept'")])
    for enabled in (False, True):
        await store.switch_definition("kept", enabled=enabled)
    await store.change_schedules([(None, Schedule("kept", NIGHTLY, "Europe/Paris", 3, 1_800_000_000_000))])
    await store.set_variable("host", "example.org")
    bearer = Credential("bearer", ("https://wiki.example.org",), (Header("Authorization", "nobody"),))
    await store.put_credential(seal_credential(KEY, "wiki", bearer))
    await store.change_gate("host", "example.org", concurrency=2)
    await store.note_upkeep("backup", "monday.db")
    await store.record_acts([Act("token", "127.0.0.1", "set_variable", "PUT", "/api/variables/host", 200)])
    await store.take_turn("maps", 1_000)
    await store.spend("tokens", 12.5)
    await store.keep_answer("question", '{"answer": 42}')
    await _ended_run(store)
    await _half_way(store)
    await store.pause(await store.launch(two_steps("paused")))
    await store.launch(Launch(two_steps("after"), before=(Launch(two_steps("before")),)))
    await store.fold()


async def begin(store: Store, name: str) -> tuple[int, Job]:
    run_id = await store.launch(two_steps(name))
    [parent] = await claim(store, run_id, "script")
    return run_id, parent


async def claim(store: Store, run_id: int, job_type: str = "scripted", limit: int = 100) -> tuple[Job, ...]:
    return (await store.claim([job_type], limit, LEASE_MS, run_id)).jobs


async def _ended_run(store: Store) -> None:
    run_id, one = await begin(store, "ended")
    await plan(store, one, "good", "better", "best")
    for job in await claim(store, run_id):
        page = page_of(job)
        ended = Settlement(job.id, job.lease_number, End.COMPLETED, documents=(page,), log=(LINE, LINE))
        await store.settle([ended])
    await store.fold()
    await _read_by_an_agent(store)
    [two] = await claim(store, run_id, "script")
    await plan(store, two)
    await store.fold()
    assert (await store.job(run_id)).state == "completed"


async def _read_by_an_agent(store: Store) -> None:
    """A document that has changed, with what an agent found in it."""
    run_id, one = await begin(store, "agent")
    await plan(store, one, "read")
    [job] = await claim(store, run_id)
    [first] = (await store.documents(DocumentFilter(), limit=1)).items
    page = await store.document(first.id)
    text = f"{page.markdown}\n\nund Quitten"
    hashed = content_hash(page.title, text)
    new = NewDocument("crawl", page.url, page.canonical_url, page.title, text, hashed, page.tags)
    found = NewResult(page.id, "words", "1", "local", "maker", hashed, {"words": ["Äpfel"]})
    await store.settle([Settlement(job.id, job.lease_number, End.COMPLETED, (new,), results=(found,))])
    await store.cancel(run_id)
    await store.fold()


async def _half_way(store: Store) -> None:
    """With work that waits for a slot, one job that has failed, and one that is not due yet."""
    run_id, one = await begin(store, "halfway")
    await plan(store, one, "a", "b", "c", "d", "e", limits=StepLimits(max_documents=3))
    [stored, fails, again] = await claim(store, run_id)
    later = Settlement(
        again.id, again.lease_number, End.RETRY, delay_ms=HOUR_MS, error_code="late", error="later"
    )
    await store.settle([settlement(stored, stores="stored"), later, settlement(fails, End.FAILED)])
    await store.fold()
