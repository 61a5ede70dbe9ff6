"""A run through a network that fails at random moments, in random ways, ends as if nothing had happened.

A long run: `QUAERO_TRIALS=500 pytest -s tests/faults/test_random_faults.py`; `QUAERO_SEED`: the first seed.
"""

import asyncio
import os
import random
import time
from collections.abc import Callable

import pytest

from quaero.testing import finish
from tests.crash.judgement import Record, faults, trials
from tests.faults.proxy import Fate, Proxy, Way
from tests.faults.work import TREE, TREE_ENDS, engine_at
from tests.places import Place

pytestmark = pytest.mark.only("postgres", reason="network")

SEED = int(os.environ.get("QUAERO_SEED", "1"))
ENDS_WITHIN_SECONDS = 60
LONGEST_PAUSE = 0.08
LONGEST_FAULT = 0.3


class Storm:
    """Does something to the network again and again; what it did, it tells."""

    def __init__(self, proxy: Proxy, seed: int) -> None:
        self._proxy, self._dice = proxy, random.Random(seed)
        self.happened: list[str] = []

    async def rage(self, times: int) -> None:
        """So many faults, then calm."""
        self._proxy.decide(self._fate)
        for _ in range(times):
            await asyncio.sleep(self._dice.uniform(0, LONGEST_PAUSE))
            fault = self._dice.choice([self._cut, self._stall, self._refuse, self._slow_down])
            await asyncio.to_thread(fault)
            await asyncio.sleep(self._dice.uniform(0, LONGEST_FAULT))
            await asyncio.to_thread(self._calm)
        self._proxy.decide(lambda: Fate.PASSES)

    def _fate(self) -> Fate:
        fate = self._dice.choices([Fate.PASSES, Fate.LOST, Fate.REPLY_LOST], [90, 5, 5])[0]
        if fate is not Fate.PASSES:
            self.happened.append(f"COMMIT {fate.name}")
        return fate

    def _cut(self) -> None:
        reset = self._dice.choice([True, False])
        self.happened.append(f"{self._proxy.cut(reset=reset)} cut")

    def _stall(self) -> None:
        ways = self._dice.choice([(), (Way.TO_SERVER,), (Way.TO_CLIENT,)])
        self._proxy.stall(*ways)
        self.happened.append(f"stalled {[way.name for way in ways]}")
        if self._dice.random() < 0.5:
            self._cut()

    def _refuse(self) -> None:
        self._proxy.refuse()
        self.happened.append("refused")
        self._cut()

    def _slow_down(self) -> None:
        slow: Callable[[], None] = self._dice.choice([lambda: self._proxy.delay(5), self._proxy.drip])
        slow()
        self.happened.append("slow")

    def _calm(self) -> None:
        self._proxy.flow()
        self._proxy.accept()
        self._proxy.delay(0)
        self._proxy.drip(on=False)


async def run_through(storm: Storm, proxy: Proxy) -> int:
    """The id of a run that was executed meanwhile, to its end."""
    async with asyncio.timeout(ENDS_WITHIN_SECONDS), engine_at(proxy.url) as engine:
        run_id = await engine.control.launch(TREE)
        raging = asyncio.create_task(storm.rage(8))
        try:
            await finish(engine, run_id)
        finally:
            raging.cancel()
            await asyncio.gather(raging, return_exceptions=True)
            await asyncio.to_thread(storm._calm)
    return run_id


async def test_a_network_that_fails_at_random_moments_loses_and_repeats_nothing(
    place: Place, proxy: Proxy
) -> None:
    record = Record("network faults")
    for seed in range(SEED, SEED + trials(4)):
        storm, began = Storm(proxy, seed), time.monotonic()
        run_id = await run_through(storm, proxy)
        found = await faults(place, run_id, TREE_ENDS)
        record.trial(f"seed {seed} ({time.monotonic() - began:.2f} s)", storm.happened, found)
        place.execute("DELETE FROM documents")  # each run stores the same
    record.close()
