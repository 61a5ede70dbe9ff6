"""What a run may spend on a model: set aside before a question, settled when the answer is there."""

import asyncio
import math
from collections import Counter
from dataclasses import dataclass

from quaero.agents.models import Door
from quaero.agents.models.chosen import ChosenModel
from quaero.agents.models.prices import Usage, cost_of
from quaero.models.errors import JobFailure

MILLIONTHS = 1_000_000
"""Costs are kept in whole millionths of a dollar, so that a sum is exact."""

USED = ":used"

OTHERS_SETTLE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens, and dollars if the price is known."""

    tokens: int
    cost: float | None

    def __str__(self) -> str:
        return f"{self.tokens:,} tokens" + (f", {dollars(self.cost)}" if self.cost else "")


def dollars(amount: float) -> str:
    return f"${amount:.4f}" if amount < 1 else f"${amount:,.2f}"


class OpenQuestions:
    """The questions of this process that have set something aside, by the name of their budget."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()
        self._ended = asyncio.Event()
        self.number = 0
        """Goes up whenever one has ended."""
        self.turn = asyncio.Lock()
        """Held while something is set aside, so that who finds too little left knows of all others."""

    def begin(self, name: str) -> None:
        self._count[name] += 1

    def end(self, name: str) -> None:
        self._count[name] -= 1
        self.number += 1
        self._ended.set()
        self._ended = asyncio.Event()

    async def another_ended(self, name: str, since: int) -> bool:
        """Wait until one has ended after that number; False: there is none to wait for."""
        if self.number == since:
            if not self._count[name]:
                return False
            await self._ended.wait()
        return True


class Budget:
    """Over the names of one run. Beside what is set aside or used, what is surely used is kept, for people."""

    def __init__(self, door: Door, model: ChosenModel, others: OpenQuestions) -> None:
        self._door, self._model, self._others = door, model, others
        self._tokens, self._cost = _names(door.run)

    async def reserve(self, most: Usage) -> "Reservation":
        """Set aside the most that a question can cost, if need be when others have given back what they do not need.

        `JobFailure` when it is not left; `retryable` where other processes may give back some.
        """
        check_price(self._model)
        cost = _millionths(self._price_of(most)) or 0
        while True:
            async with self._others.turn:
                number = self._others.number
                short = await self._set_aside(most.total, cost)
                if short is None:
                    self._others.begin(self._tokens)
                    return Reservation(self, most.total, cost)
            if not short.retryable or not await self._others.another_ended(self._tokens, number):
                raise short

    async def settle(self, reserved: "Reservation", used: Usage) -> Spent:
        """Put what was used in place of what was set aside."""
        price = self._price_of(used)
        cost = _millionths(price) or 0
        await self._add(self._tokens, used.total - reserved.tokens, used.total)
        await self._add(self._cost, cost - reserved.cost, cost)
        return Spent(used.total, price)

    def end(self) -> None:
        """The question has ended, settled or not."""
        self._others.end(self._tokens)

    async def so_far(self) -> Spent:
        """What the run has surely used."""
        tokens, cost = [await self._door.spent(name) for name in used_names(self._door.run)]
        return Spent(int(tokens), cost / MILLIONTHS)

    def _price_of(self, usage: Usage) -> float | None:
        return cost_of(usage, self._model.provider, self._model.name, self._model.price)

    async def _set_aside(self, tokens: int, cost: int) -> JobFailure | None:
        """Both or none; what is short."""
        model, door = self._model, self._door
        if not await door.spend(self._tokens, tokens, model.max_tokens):
            return await self._short(self._tokens, tokens, model.max_tokens, "max_tokens")
        most = None if model.max_cost is None else int(model.max_cost * MILLIONTHS)
        if cost and not await door.spend(self._cost, cost, most):
            await door.spend(self._tokens, -tokens)
            return await self._short(self._cost, cost, most, "max_cost")
        return None

    async def _short(self, name: str, amount: int, most: int | None, key: str) -> JobFailure:
        used = await self._door.spent(f"{name}{USED}")
        others_may_give_back = most is not None and used + amount <= most
        return JobFailure(
            f"what is left of {key} may not be enough for this question",
            code="model_budget_spent",
            where=str(self._model),
            remedy=f"Raise {key} in model_settings and run it again",
            retryable=others_may_give_back,
            retry_after=OTHERS_SETTLE_SECONDS if others_may_give_back else None,
        )

    async def _add(self, name: str, difference: int, used: int) -> None:
        if difference:
            await self._door.spend(name, difference)
        if used:
            await self._door.spend(f"{name}{USED}", used)


@dataclass(frozen=True, slots=True)
class Reservation:
    """What is set aside for one question: tokens, and millionths of a dollar."""

    budget: Budget
    tokens: int
    cost: int

    async def give_back(self) -> None:
        """Nothing was used."""
        await self.budget.settle(self, Usage())


def _names(run: str) -> tuple[str, str]:
    return f"model:tokens:{run}", f"model:cost:{run}"


def used_names(run: str) -> tuple[str, str]:
    """Under what is kept what a run has surely used: tokens, and millionths of a dollar."""
    tokens, cost = _names(run)
    return f"{tokens}{USED}", f"{cost}{USED}"


def check_price(model: ChosenModel) -> None:
    """`JobFailure` where there is a limit to the cost of a model of which nobody knows it."""
    if model.max_cost is not None and cost_of(Usage(1, 1), model.provider, model.name, model.price) is None:
        raise JobFailure(
            f"max_cost needs a price, and that of {model} is not known",
            code="model_price_unknown",
            remedy="Write price = { input = 1.0, output = 2.0 }, dollars for a million tokens, into model_settings",
        )


def _millionths(cost: float | None) -> int | None:
    return None if cost is None else math.ceil(cost * MILLIONTHS)
