"""Which database a run lives on, and how large runs are."""

import random
from dataclasses import dataclass
from typing import Final

STEPS: Final = 100_000


def shard(run_id: int, databases: int) -> int:
    """The database of a run: by a mix of its id, so that neighbours do not go together."""
    return (run_id * 0x9E3779B97F4A7C15 >> 40) % databases


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many jobs runs have: `least` or more, with a heavy tail (the smaller `shape`, the heavier), up to `most`."""

    least: float
    shape: float
    most: float

    def draw(self, chance: random.Random) -> int:
        return int(self._at(chance.random()))

    @property
    def mean(self) -> float:
        return sum(self._at((step + 0.5) / STEPS) for step in range(STEPS)) / STEPS

    def _at(self, place: float) -> float:
        """The size that this share of the runs does not exceed."""
        cut = 1.0 - float((self.least / self.most) ** self.shape)
        return float(self.least / (1.0 - place * cut) ** (1 / self.shape))
