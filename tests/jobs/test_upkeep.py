"""What is older than its retention goes by itself where a process works on all runs."""

import asyncio

from quaero.jobs.engine import Engine
from quaero.jobs.registry import Registry
from quaero.models.job import JobKind
from quaero.settings import QueueSettings, RetentionSettings
from quaero.store.reads import JobFilter
from quaero.testing import SettableClock, run_to_end
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import Place
from tests.waiting import until

DAY_MS = 86_400_000
SECONDS = 20


def engine_with(place: Place, clock: SettableClock, retention: RetentionSettings) -> Engine:
    store = place.store(clock=clock)
    return Engine(store, Registry([ScriptManager()], [ScriptWorker()]), QueueSettings(), retention)


async def runs(engine: Engine) -> list[str]:
    return [job.type for job in (await engine.store.jobs(JobFilter(kind=JobKind.RUN))).items]


async def test_old_runs_go_while_a_server_works_and_no_others(place: Place) -> None:
    clock = SettableClock()
    engine = engine_with(place, clock, RetentionSettings(runs_ms=30 * DAY_MS))
    await run_to_end(engine, script_definition(script_step(count=2), id="old"))
    clock.advance(20 * DAY_MS)
    await run_to_end(engine, script_definition(script_step(count=2), id="young"))
    clock.advance(20 * DAY_MS)
    changed = asyncio.Event()
    engine.store.on_change(lambda _: changed.set())

    async with asyncio.timeout(SECONDS), engine.working(role="server"):
        while await runs(engine) != ["young"]:
            await changed.wait()
            changed.clear()

    assert await engine.store.check() == ()
    await engine.close()


async def test_old_answers_go_while_a_server_works(place: Place) -> None:
    clock = SettableClock()
    engine = engine_with(place, clock, RetentionSettings(answers_ms=DAY_MS))
    await engine.store.keep_answer("old", "answer")
    clock.advance(2 * DAY_MS)
    await engine.store.keep_answer("young", "answer")

    async with engine.working(role="server"):
        await until(lambda: _is_gone(engine, "old"))

    assert await engine.store.answer("young") == "answer"
    await engine.close()


async def _is_gone(engine: Engine, question: str) -> bool:
    return await engine.store.answer(question) is None
