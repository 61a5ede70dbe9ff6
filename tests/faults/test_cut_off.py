"""A process that is cut off loses its jobs to others; when it is back it stops them, and works again."""

import asyncio

import pytest

from quaero.jobs.engine import Engine
from quaero.testing import open_test_engine
from tests.crash.judgement import Expected, faults
from tests.faults.proxy import Proxy
from tests.faults.work import QUEUE, NotingWorker
from tests.kit import ScriptManager, script_definition, script_step
from tests.places import Place

pytestmark = pytest.mark.only("postgres", reason="network")

WITHIN_SECONDS = 60
LOOK_SECONDS = 0.01
RUN = script_definition(script_step(children=[{"name": "long", "wait": True, "document": "text"}]))
NEXT = script_definition(script_step(children=[{"name": "next"}]), id="next")


async def test_who_was_cut_off_stops_what_others_have_taken_over_and_works_again(
    place: Place, proxy: Proxy
) -> None:
    mine, other = NotingWorker(), NotingWorker()
    async with (
        asyncio.timeout(WITHIN_SECONDS),
        open_test_engine(proxy.url, [ScriptManager()], [mine], queue=QUEUE) as cut_off,
        cut_off.working(),
        open_test_engine(place.url, [ScriptManager()], [other], queue=QUEUE) as connected,
    ):
        run_id = await connected.control.launch(RUN)
        await mine.start_of("long").wait()
        await asyncio.to_thread(proxy.refuse)
        await asyncio.to_thread(proxy.cut)
        async with connected.working():
            await other.start_of("long").wait()
            await asyncio.to_thread(proxy.accept)
            while "long" not in mine.stopped:  # noqa: ASYNC110 - the work notes it in a list
                await asyncio.sleep(LOOK_SECONDS)
            other.release("long")
            async for _ in connected.hub.follow(run_id):
                pass
        await _ends(await connected.control.launch(NEXT), connected)
    assert mine.executed["next"] == 1
    assert await faults(place, run_id, Expected({"step": {"long": "completed"}})) == []


async def _ends(run_id: int, engine: Engine) -> None:
    async for _ in engine.hub.follow(run_id):
        pass
