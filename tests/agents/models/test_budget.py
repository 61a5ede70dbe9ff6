"""A budget is set aside before a question and settled after it: never overdrawn, and in the end just what was used."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quaero.agents.models.budget import Budget, OpenQuestions, Spent
from quaero.agents.models.prices import Price, Usage, cost_of
from quaero.agents.models.providers import PROVIDERS
from quaero.models.errors import JobFailure
from tests.agents.models.kit import MemoryDoor, model_at

TOKENS, COST = "model:tokens:1/2", "model:cost:1/2"
PRICE = Price(1.0, 10.0)


def budget(door: MemoryDoor, others: OpenQuestions | None = None, **limits: Any) -> Budget:
    model = model_at("http://localhost:1", price=PRICE, **limits)
    return Budget(door, model, others or OpenQuestions())


async def question(budget: Budget, most: Usage, used: Usage) -> bool:
    """Whether there was enough for it."""
    try:
        reserved = await budget.reserve(most)
    except JobFailure:
        return False
    try:
        for _ in range(used.total % 3):
            await asyncio.sleep(0)
        await budget.settle(reserved, used)
    finally:
        budget.end()
    return True


QUESTION = st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50)).map(
    lambda four: (Usage(four[0] + four[1], four[2] + four[3]), Usage(four[0], four[2]))
)


@settings(deadline=None)
@given(st.lists(QUESTION, max_size=12), st.integers(1, 300), st.integers(1, 2_000))
async def test_questions_at_once_never_overdraw_a_budget_and_pay_what_they_use(
    questions: Sequence[tuple[Usage, Usage]], tokens: int, millionths: int
) -> None:
    door, others = MemoryDoor(), OpenQuestions()
    limits = {"max_tokens": tokens, "max_cost": millionths / 1_000_000}

    answered = await asyncio.gather(
        *(question(budget(door, others, **limits), most, used) for most, used in questions)
    )

    paid = [used for done, (_, used) in zip(answered, questions, strict=True) if done]
    assert door.most.get(TOKENS, 0) <= tokens
    assert door.most.get(COST, 0) <= millionths
    assert await door.spent(TOKENS) == sum(used.total for used in paid)
    assert await door.spent(COST) == sum(used.input + 10 * used.output for used in paid)
    assert await budget(door).so_far() == Spent(
        int(await door.spent(TOKENS)), (await door.spent(COST)) / 1_000_000
    )


@given(st.lists(QUESTION, max_size=12))
async def test_all_questions_are_asked_that_fit_one_after_the_other(
    questions: Sequence[tuple[Usage, Usage]],
) -> None:
    """Who finds too little left waits for those that may give back."""
    door, others = MemoryDoor(), OpenQuestions()
    enough = sum(used.total for _, used in questions) + max((most.total for most, _ in questions), default=0)

    answered = await asyncio.gather(
        *(question(budget(door, others, max_tokens=max(enough, 1)), most, used) for most, used in questions)
    )

    assert all(answered)


async def test_what_is_too_dear_takes_no_tokens_either() -> None:
    door = MemoryDoor()
    with pytest.raises(JobFailure, match="max_cost") as error:
        await budget(door, max_cost=0.0001).reserve(Usage(1_000, 0))

    assert not error.value.retryable
    assert await door.spent(TOKENS) == 0


async def test_what_another_process_has_set_aside_may_be_there_later() -> None:
    door = MemoryDoor()
    await budget(door, max_tokens=100).reserve(Usage(60, 0))
    with pytest.raises(JobFailure) as error:
        await budget(door, max_tokens=100).reserve(Usage(60, 0))

    assert error.value.retryable
    assert error.value.retry_after


async def test_what_is_used_is_used_for_good() -> None:
    door = MemoryDoor()
    await question(budget(door), Usage(60, 0), Usage(60, 0))
    with pytest.raises(JobFailure, match="max_tokens") as error:
        await budget(door, max_tokens=100).reserve(Usage(60, 0))

    assert not error.value.retryable


@pytest.mark.parametrize(
    ("kind", "name", "price", "cost"),
    [
        ("openai-compatible", "mine", None, 0.0),
        ("openai-compatible", "mine", PRICE, 3.0),
        ("openai", "gpt-4.1-mini", PRICE, 3.0),
        ("openai", "nobody-knows-this", None, None),
    ],
)
def test_a_price_is_that_of_the_definition_or_of_the_list(
    kind: str, name: str, price: Price | None, cost: float | None
) -> None:
    assert cost_of(Usage(1_000_000, 200_000), PROVIDERS[kind], name, price) == cost


@pytest.mark.parametrize(
    ("kind", "name"),
    [("openai", "gpt-4.1-mini"), ("anthropic", "claude-haiku-4-5"), ("gemini", "gemini-2.5-flash")],
)
def test_the_list_knows_the_models_that_the_page_names(kind: str, name: str) -> None:
    cost = cost_of(Usage(1_000_000, 0), PROVIDERS[kind], name, None)

    assert cost is not None
    assert 0 < cost < 100


@pytest.mark.parametrize(
    ("spent", "text"),
    [
        (Spent(1_234, None), "1,234 tokens"),
        (Spent(0, 0.0), "0 tokens"),
        (Spent(5, 0.00126), "5 tokens, $0.0013"),
        (Spent(5, 1234.5), "5 tokens, $1,234.50"),
    ],
)
def test_what_was_spent_in_words(spent: Spent, text: str) -> None:
    assert str(spent) == text
