"""Two stores that do two things in the same moment keep every promise, whoever comes first.

QUAERO_TRIALS: how often each race is run. QUAERO_SEED: the seed of the first trial; a failure names its own.
"""

import asyncio
import os

import pytest

from tests.crash.methods import folder
from tests.crash.races import RACES, run_trials
from tests.places import Place

TRIALS = int(os.environ.get("QUAERO_TRIALS", "60"))
SEED = int(os.environ.get("QUAERO_SEED", "1"))


@pytest.mark.parametrize("name", RACES)
def test_whoever_wins_a_race_all_promises_are_kept(name: str, place: Place) -> None:
    with folder() as memory:
        asyncio.run(run_trials(RACES[name], place.name, memory, TRIALS, SEED))
    print(f"{TRIALS} trials, seeds from {SEED}")  # noqa: T201 - for whoever looks (-s)
