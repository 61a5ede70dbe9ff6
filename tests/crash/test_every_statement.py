"""A crash before and after every single statement of a small tree, then a restart: always the same end."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from quaero.jobs.engine import Engine
from quaero.models.job import Job, JobKind, JobState
from quaero.settings import QueueSettings
from quaero.store.reads import DocumentFilter, JobFilter
from quaero.testing import finish, open_test_engine
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
    async with engine.working(run_id):
        async for event in engine.hub.follow(run_id):
            if event.type == "document_saved":
                break
        if not (await engine.store.job(run_id)).state.final:
            await engine.store.cancel(run_id)


async def crash_and_restart(path: Path, scenario: Scenario, k: int | None) -> CrashAt:
    """Run the scenario with a crash at statement k, then again without one, on the same file."""
    fault = CrashAt(k)
    await attempt(path, scenario, fault)
    if fault.statement:
        await attempt(path, scenario, CrashAt(None))
    return fault


async def attempt(path: Path, scenario: Scenario, fault: CrashAt) -> None:
    async with open_test_engine(
        path, [ScriptManager()], [ScriptWorker()], queue=QUEUE, before_statement=fault
    ) as engine:
        task = asyncio.ensure_future(scenario(engine))
        while not task.done() and not fault.statement:
            await asyncio.wait([task], timeout=0.01)
        if fault.statement:
            task.cancel()
            await asyncio.wait([task])
        else:
            await task


async def tree_of(engine: Engine) -> tuple[list[tuple[str, str]], list[str]]:
    jobs: list[Job] = list((await engine.store.jobs(JobFilter(), limit=1000)).items)
    documents = (await engine.store.documents(DocumentFilter(), limit=1000)).items
    return sorted((job.name, str(job.state)) for job in jobs), sorted(d.url for d in documents)


async def final_tree(path: Path) -> tuple[list[tuple[str, str]], list[str]]:
    async with open_test_engine(path, [ScriptManager()], [ScriptWorker()]) as engine:
        assert await engine.store.check() == ()
        return await tree_of(engine)


def test_a_crash_at_any_statement_of_a_run_changes_nothing_in_its_end(tmp_path: Path) -> None:
    whole = asyncio.run(crash_and_restart(tmp_path / "whole.db", launch_and_finish, None))
    expected = asyncio.run(final_tree(tmp_path / "whole.db"))
    assert len(expected[1]) == 4
    assert {state for name, state in expected[0] if name in ("Test", "pages", "after")} == {"completed"}

    for k in range(1, whole.count + 1):
        path = tmp_path / f"{k}.db"
        fault = asyncio.run(crash_and_restart(path, launch_and_finish, k))
        tree, documents = asyncio.run(final_tree(path))
        where = f"crash at statement {k}: {fault.statement}"
        assert len(documents) == 4, where
        assert [name for name, _ in tree].count("a") == 1, where
        assert dict(tree)["Test"] == "completed", where
        assert not [name for name, state in tree if not JobState(state).final], where


def test_a_crash_at_any_statement_of_a_cancelled_run_leaves_it_cancelled_in_the_end(tmp_path: Path) -> None:
    whole = asyncio.run(crash_and_restart(tmp_path / "whole.db", launch_and_cancel, None))
    assert dict(asyncio.run(final_tree(tmp_path / "whole.db"))[0])["Test"] == "cancelled"

    for k in range(1, whole.count + 1):
        path = tmp_path / f"{k}.db"
        fault = asyncio.run(crash_and_restart(path, launch_and_cancel, k))
        tree, _ = asyncio.run(final_tree(path))
        where = f"crash at statement {k}: {fault.statement}"
        assert dict(tree)["Test"] in ("cancelled", "completed"), where
        assert not [name for name, state in tree if not JobState(state).final], where
