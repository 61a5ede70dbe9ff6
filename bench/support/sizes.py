"""How much is measured."""

from dataclasses import dataclass, replace
from typing import Final

__all__ = ["FULL", "QUICK", "Sizes", "replace"]


@dataclass(frozen=True, slots=True)
class Sizes:
    """`single`: jobs drained one by one; `closes`: small runs of which only the end counts."""

    rounds: int
    jobs: int
    single: int
    children: int
    closes: int
    pickups: int
    huey_tasks: int
    finished: int


FULL: Final = Sizes(9, 20_000, 1_000, 10_000, 20, 300, 5_000, 1_000_000)
QUICK: Final = Sizes(1, 2_000, 100, 1_000, 3, 20, 500, 10_000)
