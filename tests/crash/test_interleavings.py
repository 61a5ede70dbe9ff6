"""What two sessions do at once comes out as if they had done it one after the other: for every pair of transitions.

QUAERO_TRIALS above the usual 60: every pair from every base, and the first one stops before each of its statements.
QUAERO_SEED: which bases and statements are chosen otherwise.
"""

import asyncio
import os

from tests.crash.acts import EVERY
from tests.crash.interleavings import run_matrix
from tests.crash.methods import folder
from tests.places import Place

EXHAUSTIVE = int(os.environ.get("QUAERO_TRIALS", "60")) > 60
SEED = int(os.environ.get("QUAERO_SEED", "1"))


def test_every_pair_of_transitions_at_once_is_as_one_after_the_other(place: Place) -> None:
    with folder() as memory:
        pairs, cases, deadlocks = asyncio.run(run_matrix(place.name, memory, SEED, exhaustive=EXHAUSTIVE))
    assert deadlocks == {}
    assert pairs == len(EVERY) * (len(EVERY) + 1) // 2  # with itself, too
    print(f"{len(EVERY)} transitions, {pairs} pairs of them, {cases} cases, seed {SEED}")  # noqa: T201 - seen with -s
