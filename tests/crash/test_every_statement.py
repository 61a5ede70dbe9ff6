"""A crash before and after every single statement of a small tree, then a restart: always the same end.

Twice with all parts of an engine, and story by story with the store alone. `pytest -s` shows how many crashes.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from copy import copy
from pathlib import Path

import pytest

from quaero.jobs.engine import Engine
from quaero.models.errors import StoreError
from quaero.models.job import Job, JobKind, JobState
from quaero.settings import QueueSettings
from quaero.store.reads import DocumentFilter, JobFilter
from quaero.store.sqlite.backend import SqliteBackend
from quaero.store.store import Store
from quaero.testing import SettableClock, finish, open_test_engine
from tests.crash.stories import STORIES, Story, Telling, picture
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step

Scenario = Callable[[Engine], Awaitable[None]]

QUEUE = QueueSettings(max_lost_leases=1000)

PAGES = {
    "name": "start",
    "key": "start",
    "document": "start",
    "spawn": [
        {"name": "a", "key": "a", "document": "a", "log": "a line"},
        {"name": "b", "key": "b", "fails": 1, "document": "b", "spawn": [{"name": "a", "key": "a"}]},
        {"name": "gone", "key": "gone", "breaks": "http_404"},
        {"name": "alias", "key": "alias", "claims": ["a"], "document": "a", "url": "a"},
        {"name": "c", "key": "c", "document": "c"},
        {"name": "d", "key": "d", "document": "d"},
    ],
}
TREE = script_definition(
    script_step("pages", children=[PAGES], max_documents=4, concurrency=2),
    script_step("after", count=2),
)


MEMORY = Path("/dev/shm")
"""Processes die here, the machine does not: files in memory do, and are much faster."""


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        yield Path(name)


class Crash(BaseException):
    """The process dies here."""


class CrashAt:
    """Lets the k-th statement be the last thing that the process does; `k` None never does."""

    def __init__(self, k: int | None) -> None:
        self.k, self.count, self.statement = k, 0, ""

    def __call__(self, statement: str) -> None:
        self.count += 1
        if self.count == self.k:
            self.statement = statement
            raise Crash(statement)


async def launch_and_finish(engine: Engine) -> None:
    run_id = await engine.store.open_run(TREE.id)
    if run_id is None:
        runs = await engine.store.jobs(JobFilter(kind=JobKind.RUN))
        run_id = runs.items[0].id if runs.items else await engine.store.launch(TREE)
    await finish(engine, run_id)


async def launch_and_cancel(engine: Engine) -> None:
    runs = await engine.store.jobs(JobFilter(kind=JobKind.RUN))
    run_id = runs.items[0].id if runs.items else await engine.store.launch(TREE)
    async with engine.working(run_id) as work:
        saved = asyncio.create_task(first_document(engine, run_id))
        failure = asyncio.create_task(work.failure())
        done, pending = await asyncio.wait({saved, failure}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for task in done:
            task.result()
        if not (await engine.store.job(run_id)).state.final:
            await engine.store.cancel(run_id)


async def first_document(engine: Engine, run_id: int) -> None:
    """Until the run has stored a document, or has ended."""
    async for event in engine.hub.follow(run_id):
        if event.type == "document_saved":
            break


async def crash_and_restart(path: Path, scenario: Scenario, k: int | None) -> CrashAt:
    """Run the scenario with a crash at statement k, then again without one, on the same file."""
    fault, empty = CrashAt(k), path.with_name("empty.db")
    if not empty.exists():
        await SqliteBackend(empty).close()
    shutil.copy(empty, path)
    await attempt(path, scenario, fault)
    if fault.statement:
        await attempt(path, scenario, CrashAt(None))
    return fault


async def attempt(path: Path, scenario: Scenario, fault: CrashAt) -> None:
    async with open_test_engine(
        path, [ScriptManager()], [ScriptWorker()], queue=QUEUE, before_statement=fault
    ) as engine:
        try:
            await scenario(engine)
        except StoreError:
            if not fault.statement:
                raise


async def tree_of(engine: Engine) -> tuple[list[tuple[str, str]], list[str]]:
    jobs: list[Job] = list((await engine.store.jobs(JobFilter(), limit=1000)).items)
    documents = (await engine.store.documents(DocumentFilter(), limit=1000)).items
    return sorted((job.name, str(job.state)) for job in jobs), sorted(d.url for d in documents)


async def final_tree(path: Path) -> tuple[list[tuple[str, str]], list[str]]:
    async with open_test_engine(path, [ScriptManager()], [ScriptWorker()]) as engine:
        assert await engine.store.check() == ()
        return await tree_of(engine)


def test_a_crash_at_any_statement_of_a_run_changes_nothing_in_its_end(folder: Path) -> None:
    whole = asyncio.run(crash_and_restart(folder / "whole.db", launch_and_finish, None))
    expected = asyncio.run(final_tree(folder / "whole.db"))
    assert len(expected[1]) == 4
    assert {state for name, state in expected[0] if name in ("Test", "pages", "after")} == {"completed"}

    print(f"a run: {whole.count} crashes")  # noqa: T201 - the count that was asked for
    for k in range(1, whole.count + 1):
        path = folder / f"{k}.db"
        fault = asyncio.run(crash_and_restart(path, launch_and_finish, k))
        tree, documents = asyncio.run(final_tree(path))
        where = f"crash at statement {k}: {fault.statement}"
        assert len(documents) == 4, where
        assert [name for name, _ in tree].count("a") == 1, where
        assert dict(tree)["Test"] == "completed", where
        assert not [name for name, state in tree if not JobState(state).final], where


def test_a_crash_at_any_statement_of_a_cancelled_run_leaves_it_cancelled_in_the_end(folder: Path) -> None:
    whole = asyncio.run(crash_and_restart(folder / "whole.db", launch_and_cancel, None))
    assert dict(asyncio.run(final_tree(folder / "whole.db"))[0])["Test"] == "cancelled"

    print(f"a cancelled run: {whole.count} crashes")  # noqa: T201 - the count that was asked for
    for k in range(1, whole.count + 1):
        path = folder / f"{k}.db"
        fault = asyncio.run(crash_and_restart(path, launch_and_cancel, k))
        tree, _ = asyncio.run(final_tree(path))
        where = f"crash at statement {k}: {fault.statement}"
        assert dict(tree)["Test"] in ("cancelled", "completed"), where
        assert not [name for name, state in tree if not JobState(state).final], where


class Camera:
    """Keeps what a process that dies before a statement leaves behind: the files as they are, and the time.

    Between two commits the files do not change, so that one picture of them serves many statements.
    """

    def __init__(self, path: Path, clock: SettableClock) -> None:
        self._files, self._clock = (path, path.with_name(path.name + "-wal")), clock
        self._commits, self.statements = 0, 0
        self.pictures: dict[tuple[int, ...], tuple[str, tuple[bytes, bytes], SettableClock]] = {}

    def __call__(self, statement: str) -> None:
        self.statements += 1
        self._commits += statement == "DELIVER"
        key = (self._commits, *(file.stat().st_size for file in self._files))
        if key not in self.pictures:
            content, wal = (file.read_bytes() for file in self._files)
            where = f"statement {self.statements}: {statement}"
            self.pictures[key] = where, (content, wal), copy(self._clock)


async def tell(path: Path, story: Story, clock: SettableClock, camera: Camera | None) -> dict[str, object]:
    """One process tells the story; what is in the store in the end. The invariants hold before and after."""
    store = Store(SqliteBackend(path, clock=clock, before_statement=camera))
    try:
        assert await store.check() == ()
        await story(Telling(store, clock))
        assert await store.check() == ()
        return await picture(store)
    finally:
        await store.close()


@pytest.mark.parametrize("name", STORIES)
def test_a_crash_at_any_statement_of_a_story_changes_nothing_in_its_end(folder: Path, name: str) -> None:
    with asyncio.Runner() as runner:
        story, clock = STORIES[name], SettableClock()
        whole = folder / "whole.db"
        camera = Camera(whole, clock)
        expected = runner.run(tell(whole, story, clock, camera))
        assert expected["definitions"] or expected["jobs"]

        for number, (where, (content, wal), time) in enumerate(camera.pictures.values()):
            path = folder / f"{number}.db"
            path.write_bytes(content)
            path.with_name(path.name + "-wal").write_bytes(wal)
            assert runner.run(tell(path, story, time, None)) == expected, where
    print(f"{name}: {camera.statements} statements, {len(camera.pictures)} different files")  # noqa: T201
