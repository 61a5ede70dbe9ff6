"""A run through a network that fails at random moments, in random ways, ends as if nothing had happened.

A long run: `QUAERO_TRIALS=500 pytest -s tests/faults/test_random_faults.py`; `QUAERO_SEED`: the first seed.
"""

import asyncio
import os
import random
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, ExitStack

import pytest

from quaero.testing import finish
from tests.crash.judgement import Record, faults, trials
from tests.faults.proxy import Fate, Proxy, Way, by_address
from tests.faults.work import TREE, TREE_ENDS, engine_at
from tests.places import Place
from tests.postgres_server import server

pytestmark = pytest.mark.only("postgres", reason="network")

SEED = int(os.environ.get("QUAERO_SEED", "1"))
ENDS_WITHIN_SECONDS = 60
LONGEST_PAUSE = 0.08
LONGEST_FAULT = 0.3


class Storm:
    """Does something to the network again and again; what it did, it tells."""

    def __init__(self, proxy: Proxy, seed: int) -> None:
        self.proxy, self._dice = proxy, random.Random(seed)
        self.happened: list[str] = []

    async def rage(self, times: int) -> None:
        """So many faults, then calm."""
        self.proxy.decide(self._fate)
        for _ in range(times):
            await asyncio.sleep(self._dice.uniform(0, LONGEST_PAUSE))
            fault = self._dice.choice([self._cut, self._stall, self._refuse, self._slow_down])
            await asyncio.to_thread(fault)
            await asyncio.sleep(self._dice.uniform(0, LONGEST_FAULT))
            await asyncio.to_thread(self.calm)
        self.proxy.decide(lambda: Fate.PASSES)

    def _fate(self) -> Fate:
        fate = self._dice.choices([Fate.PASSES, Fate.LOST, Fate.REPLY_LOST], [90, 5, 5])[0]
        if fate is not Fate.PASSES:
            self.happened.append(f"COMMIT {fate.name}")
        return fate

    def _cut(self) -> None:
        reset = self._dice.choice([True, False])
        self.happened.append(f"{self.proxy.cut(reset=reset)} cut")

    def _stall(self) -> None:
        ways = self._dice.choice([(), (Way.TO_SERVER,), (Way.TO_CLIENT,)])
        self.proxy.stall(*ways)
        self.happened.append(f"stalled {[way.name for way in ways]}")
        if self._dice.random() < 0.5:
            self._cut()

    def _refuse(self) -> None:
        self.proxy.refuse()
        self.happened.append("refused")
        self._cut()

    def _slow_down(self) -> None:
        slow: Callable[[], None] = self._dice.choice([lambda: self.proxy.delay(5), self.proxy.drip])
        slow()
        self.happened.append("slow")

    def calm(self) -> None:
        self.proxy.flow()
        self.proxy.accept()
        self.proxy.delay(0)
        self.proxy.drip(on=False)


async def work_through(storms: Sequence[Storm], run_id: int) -> None:
    """Execute the run, to its end, in a process behind each of the storms."""
    async with asyncio.timeout(ENDS_WITHIN_SECONDS), AsyncExitStack() as open_engines:
        engines = [await open_engines.enter_async_context(engine_at(storm.proxy.url)) for storm in storms]
        raging = [asyncio.create_task(storm.rage(8)) for storm in storms]
        working = [asyncio.create_task(finish(engine, run_id)) for engine in engines]
        try:
            await asyncio.gather(*working)
        finally:
            for task in [*raging, *working]:
                task.cancel()
            await asyncio.gather(*raging, *working, return_exceptions=True)
            for storm in storms:
                await asyncio.to_thread(storm.calm)


@pytest.mark.parametrize("processes", [1, 2])
async def test_a_network_that_fails_at_random_moments_loses_and_repeats_nothing(
    place: Place, processes: int
) -> None:
    record = Record(f"network faults, {processes} processes")
    store = place.store()
    for seed in range(SEED, SEED + trials(3)):
        began = time.monotonic()
        run_id = await store.launch(TREE)
        with ExitStack() as networks:
            storms = [
                Storm(networks.enter_context(Proxy(by_address(server(), place.url))), 10 * seed + number)
                for number in range(processes)
            ]
            await work_through(storms, run_id)
        found = await faults(place, run_id, TREE_ENDS)
        happened = [what for storm in storms for what in storm.happened]
        record.trial(f"seed {seed} ({time.monotonic() - began:.2f} s)", happened, found)
        place.execute("DELETE FROM documents")  # each run stores the same
    await store.close()
    record.close()
