"""A crash before and after every single statement of a small tree, then a restart: always the same end.

Twice with all parts of an engine, and story by story with the store alone. `pytest -s` shows how many crashes.
"""

import asyncio
import itertools
import os
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from pathlib import Path

import pytest

from quaero.jobs.engine import Engine
from quaero.models.errors import StoreError
from quaero.models.job import Job, JobKind, JobState
from quaero.settings import QueueSettings
from quaero.store.reads import DocumentFilter, JobFilter
from quaero.store.transaction import BeforeStatement
from quaero.testing import SettableClock, finish, open_test_engine
from tests.crash.restart import (
    Crash,
    CrashAt,
    one_in_each_transaction,
    the_dead_are_known_at_once,
    wait_until_left,
)
from tests.crash.stories import STORIES, Story, Telling, picture
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import Place, SqlitePlace, new_place

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


EXHAUSTIVE = "QUAERO_TRIALS" in os.environ
IN_STORIES = 6
"""Of so many transactions of a story one is crashed in, where a crash takes a second: another one with each seed."""
"""Also on PostgreSQL before each statement, not only before one of each transaction."""

SEED = int(os.environ.get("QUAERO_SEED", "1"))


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


@contextmanager
def empty_places(kind: str) -> Iterator[Iterator[Place]]:
    """New stores that nobody has used, in memory; each is removed when the next one is asked for."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        empty = new_place(kind, Path(folder))
        asyncio.run(opened(empty))

        def copies() -> Iterator[Place]:
            for number in itertools.count():
                place = empty.copy(new_folder(Path(folder), number))
                yield place
                place.remove()

        with the_dead_are_known_at_once():
            yield copies()
        empty.remove()


def new_folder(folder: Path, number: int) -> Path:
    new = folder / str(number)
    new.mkdir()
    return new


async def opened(place: Place) -> None:
    await place.backend().close()
    wait_until_left(place)


async def crash_and_restart(place: Place, scenario: Scenario, k: int | None) -> CrashAt:
    """Run the scenario with a crash at statement k, then again without one, in the same place."""
    fault = CrashAt(k)
    await attempt(place, scenario, fault)
    if fault.statement:
        wait_until_left(place)
        await attempt(place, scenario, CrashAt(None))
    return fault


async def attempt(place: Place, scenario: Scenario, fault: CrashAt) -> None:
    async with open_test_engine(
        place.url, [ScriptManager()], [ScriptWorker()], queue=QUEUE, before_statement=fault
    ) as engine:
        try:
            await scenario(engine)
        except (StoreError, Crash):
            if not fault.statement:
                raise


async def tree_of(engine: Engine) -> tuple[list[tuple[str, str]], list[str]]:
    jobs: list[Job] = list((await engine.store.jobs(JobFilter(), limit=1000)).items)
    documents = (await engine.store.documents(DocumentFilter(), limit=1000)).items
    return sorted((job.name, str(job.state)) for job in jobs), sorted(d.url for d in documents)


async def final_tree(place: Place) -> tuple[list[tuple[str, str]], list[str]]:
    async with open_test_engine(place.url, [ScriptManager()], [ScriptWorker()]) as engine:
        assert await engine.store.check() == ()
        return await tree_of(engine)


def test_a_crash_at_any_statement_of_a_run_changes_nothing_in_its_end(place: Place) -> None:
    with empty_places(place.name) as places:
        here = next(places)
        whole = asyncio.run(crash_and_restart(here, launch_and_finish, None))
        expected = asyncio.run(final_tree(here))
        assert len(expected[1]) == 4
        assert {state for name, state in expected[0] if name in ("Test", "pages", "after")} == {"completed"}

        points = points_of(place, whole.names)
        print(f"a run: {len(points)} crashes")  # noqa: T201 - the count that was asked for
        for k, here in zip(points, places, strict=False):
            fault = asyncio.run(crash_and_restart(here, launch_and_finish, k))
            tree, documents = asyncio.run(final_tree(here))
            where = f"crash at statement {k}: {fault.statement}"
            assert len(documents) == 4, where
            assert [name for name, _ in tree].count("a") == 1, where
            assert dict(tree)["Test"] == "completed", where
            assert not [name for name, state in tree if not JobState(state).final], where


def test_a_crash_at_any_statement_of_a_cancelled_run_leaves_it_cancelled_in_the_end(place: Place) -> None:
    with empty_places(place.name) as places:
        here = next(places)
        whole = asyncio.run(crash_and_restart(here, launch_and_cancel, None))
        assert dict(asyncio.run(final_tree(here))[0])["Test"] == "cancelled"

        points = points_of(place, whole.names)
        print(f"a cancelled run: {len(points)} crashes")  # noqa: T201 - the count that was asked for
        for k, here in zip(points, places, strict=False):
            fault = asyncio.run(crash_and_restart(here, launch_and_cancel, k))
            tree, _ = asyncio.run(final_tree(here))
            where = f"crash at statement {k}: {fault.statement}"
            assert dict(tree)["Test"] in ("cancelled", "completed"), where
            assert not [name for name, state in tree if not JobState(state).final], where


async def tell(
    place: Place, story: Story, clock: SettableClock, before_statement: BeforeStatement | None
) -> dict[str, object]:
    """One process tells the story; what is in the store in the end. The invariants hold before and after."""
    store = place.store(clock=clock, before_statement=before_statement)
    try:
        assert await store.check() == ()
        await story(Telling(store, clock))
        assert await store.check() == ()
        return await picture(store)
    finally:
        await store.close()


def points_of(place: Place, names: Sequence[str]) -> Sequence[int]:
    """The numbers of the statements to crash before."""
    every = place.name == "sqlite" or EXHAUSTIVE
    return range(1, len(names) + 1) if every else one_in_each_transaction(names, SEED)


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


@pytest.mark.only("sqlite", reason="file")
@pytest.mark.parametrize("name", STORIES)
def test_what_a_crash_at_any_statement_leaves_in_the_files_tells_the_story_to_its_end(
    name: str, place: SqlitePlace
) -> None:
    with empty_places(place.name) as places, asyncio.Runner() as runner:
        story, clock, whole = STORIES[name], SettableClock(), next(places)
        assert isinstance(whole, SqlitePlace)
        camera = Camera(whole.path, clock)
        expected = runner.run(tell(whole, story, clock, camera))
        assert expected["definitions"] or expected["jobs"]

        for (where, (content, wal), time), here in zip(camera.pictures.values(), places, strict=False):
            assert isinstance(here, SqlitePlace)
            here.path.write_bytes(content)
            here.path.with_name(here.path.name + "-wal").write_bytes(wal)
            assert runner.run(tell(here, story, time, None)) == expected, where
    print(f"{name}: {camera.statements} statements, {len(camera.pictures)} different files")  # noqa: T201


@pytest.mark.only("postgres", reason="sessions")
@pytest.mark.parametrize("name", STORIES)
def test_a_crash_at_the_statements_of_a_story_changes_nothing_in_its_end(name: str, place: Place) -> None:
    with empty_places(place.name) as places, asyncio.Runner() as runner:
        story, whole = STORIES[name], CrashAt(None)
        expected = runner.run(tell(next(places), story, SettableClock(), whole))
        assert expected["definitions"] or expected["jobs"]

        names, points = whole.names, points_of(place, whole.names)
        points = points if EXHAUSTIVE else points[SEED % IN_STORIES :: IN_STORIES]
        for k, here in zip(points, places, strict=False):
            clock, fault = SettableClock(), CrashAt(k)
            where = f"crash at statement {k}: {names[k - 1]}"
            with pytest.raises((Crash, StoreError)):
                runner.run(tell(here, story, clock, fault))
            assert fault.statement == names[k - 1], where
            wait_until_left(here)
            assert runner.run(tell(here, story, clock, None)) == expected, where
    print(f"{name}: {len(names)} statements, {len(points)} crashes")  # noqa: T201 - the count that was asked for
