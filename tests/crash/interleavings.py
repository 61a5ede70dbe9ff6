"""The matrix: every pair of transitions, from the trees in which both can happen, at chosen statements of the first."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import NamedTuple

from tests.crash.acts import EVERY, transitions_of
from tests.crash.bases import Base
from tests.crash.desks import open_desk
from tests.crash.two_sessions import Bench, Transition


class Pair(NamedTuple):
    """Two transitions in this order, from this base."""

    base: Base
    first: Transition
    second: Transition

    def __str__(self) -> str:
        return f"{self.first.name} x {self.second.name} in {self.base.name}"


def all_pairs(bases: Iterable[Base]) -> Iterator[Pair]:
    """Every ordered pair in every base that has a target for both."""
    for base in bases:
        for first, second in product(transitions_of(base), repeat=2):
            yield Pair(base, first, second)


FOCUS = frozenset(
    {
        "settle completed", "settle the other one", "settle without document",
        "settle the other one without document", "settle with children", "settle the other one with children",
        "settle failed", "cancel run", "rescue", "fold", "plan chunk", "claim",
    }
)  # fmt: skip
"""Where the classic mistakes are."""


def pairs_in_focus(bases: Iterable[Base]) -> list[Pair]:
    """Every ordered pair of the transitions with the most to go wrong."""
    kept = [base for base in bases if base.name in ("last", "planned_so_far", "narrow")]
    return [
        pair
        for pair in all_pairs(kept)
        if (names := {pair.first.name, pair.second.name}) <= FOCUS
        and (pair.base.name != "narrow" or names == {"claim"})
    ]


def each_pair_once(bases: Iterable[Base], dice: random.Random) -> list[Pair]:
    """Every two transitions in both orders, from one base that is chosen by lot."""
    found: dict[tuple[str, str], list[Pair]] = {}
    for pair in all_pairs(bases):
        names = sorted((pair.first.name, pair.second.name))
        found.setdefault((names[0], names[1]), []).append(pair)
    chosen = []
    for pairs in found.values():
        base = dice.choice(pairs).base
        chosen += [pair for pair in pairs if pair.base is base]
    return chosen


def one_order(pairs: Iterable[Pair], dice: random.Random) -> list[Pair]:
    """Of every two transitions one order, by lot."""
    found: dict[frozenset[str], list[Pair]] = {}
    for pair in pairs:
        found.setdefault(frozenset((pair.first.name, pair.second.name)), []).append(pair)
    return [dice.choice(both) for both in found.values()]


async def stops_of(bench: Bench, pair: Pair, dice: random.Random | None) -> list[int]:
    """Where the first one stops: before each of its statements, or before one by lot and after each commit."""
    await bench.serial(*pair)
    names = bench.statements[pair.base.name, pair.first.name] or ["nothing"]
    if dice is None:
        return list(range(1, len(names) + 1))
    after_commits = {number for number, name in enumerate(names, 1) if name == "DELIVER"}
    return sorted({dice.randint(1, len(names)), *after_commits})


async def run_pair(bench: Bench, pair: Pair, dice: random.Random | None = None) -> None:
    """Both at once, at every statement, or at some that are chosen with `dice`. Errors say which pair and where.

    On PostgreSQL also statement by statement in turn; with `dice` that or the other.
    """
    ways = [
        (k, in_turn)
        for k in await stops_of(bench, pair, dice)
        for in_turn in ((False, True) if bench.desk.moves_both else (False,))
    ]
    if dice is not None and bench.desk.moves_both:
        ways = [dice.choice(ways)]
    for k, in_turn in ways:
        try:
            await bench.at_once(*pair, k, in_turn=in_turn)
        except Exception as error:
            error.add_note(f"{pair}, before its statement {k}{', then in turn' if in_turn else ''}")
            raise


class Counted(NamedTuple):
    """How many pairs of transitions were tried, whatever their order and base, and how many cases that made.

    `deadlocks`: how often each of two waited for the other, by the pair.
    """

    pairs: int
    cases: int
    deadlocks: Mapping[str, int]


async def run_matrix(kind: str, folder: Path, seed: int, *, exhaustive: bool) -> Counted:
    """Every two transitions in both orders: from every base, at every statement, or from one and at some by lot.

    On PostgreSQL in one order then, as each case takes longer.
    """
    dice, deadlocks = random.Random(seed), Counter[str]()
    async with open_desk(kind, folder) as desk:
        bench = Bench(desk)
        pairs = list(all_pairs(desk.bases)) if exhaustive else each_pair_once(desk.bases, dice)
        if desk.moves_both and not exhaustive:
            pairs = one_order(pairs, dice)
        for pair in pairs:
            before = desk.deadlocks
            await run_pair(bench, pair, None if exhaustive else dice)
            deadlocks[f"{pair.first.name} x {pair.second.name}"] += desk.deadlocks - before
    names = {frozenset((pair.first.name, pair.second.name)) for pair in pairs}
    if {name for pair in names for name in pair} != set(EVERY):
        raise LookupError("a transition has no base from which it can be tried")
    return Counted(len(names), bench.cases, +deadlocks)
