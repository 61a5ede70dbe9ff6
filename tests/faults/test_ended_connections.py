"""Somebody at the server ends our connections, or cancels what they do, again and again."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from quaero.testing import finish
from tests.crash.judgement import faults
from tests.faults.work import TREE, TREE_ENDS, engine_at
from tests.places import Place

pytestmark = pytest.mark.only("postgres", reason="network")

ENDS_WITHIN_SECONDS = 60
EVERY_SECONDS = 0.05
TIMES = 40
LOOKS, APART_SECONDS = 12, 0.5

ALL = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


async def run_meanwhile(place: Place, act: Callable[[], Coroutine[Any, Any, None]]) -> int:
    async with asyncio.timeout(ENDS_WITHIN_SECONDS), engine_at(place.url) as engine:
        run_id = await engine.control.launch(TREE)
        acting = asyncio.create_task(act())
        await finish(engine, run_id)
        acting.cancel()
        await asyncio.gather(acting, return_exceptions=True)
    return run_id


@pytest.mark.parametrize("what", ["terminate", "cancel"])
async def test_a_run_ends_exact_although_its_statements_are_broken_off(place: Place, what: str) -> None:
    async def break_off() -> None:
        for _ in range(TIMES):
            await asyncio.sleep(EVERY_SECONDS)
            place.execute(f"SELECT pg_{what}_backend(pid) {ALL}")

    run_id = await run_meanwhile(place, break_off)
    assert await faults(place, run_id, TREE_ENDS) == []


async def test_a_process_that_lost_its_listening_connection_is_not_taken_for_dead(place: Place) -> None:
    async with engine_at(place.url) as engine:
        watcher = place.store()
        owner = engine.store.backend.owner
        assert await watcher.backend.dead([owner]) == []
        assert not await engine.store.any_open_run()  # it works, over another connection that bears its name
        for _ in range(LOOKS):  # longer than a lock may be missing
            place.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1"
                " AND ((classid::bigint << 32) | objid::bigint) = hashtextextended(?, 3)",
                [owner],
            )
            assert await watcher.backend.dead([owner]) == []
            await asyncio.sleep(APART_SECONDS)
        await watcher.close()
