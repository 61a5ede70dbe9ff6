"""One request to a model: set aside what it may cost, wait for its turn, send it, settle what it has cost."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

from quaero.agents.models import Door
from quaero.agents.models.budget import Budget, Reservation
from quaero.agents.models.chosen import ChosenModel
from quaero.agents.models.fence import Prompt
from quaero.agents.models.prices import Usage
from quaero.models.errors import JobFailure

if TYPE_CHECKING:
    from quaero.agents.models.client import Client, Reply

ROOM = 2_000
"""Tokens that a server may put around a prompt and its schema."""


async def asked(
    client: "Client", prompt: Prompt, schema: dict[str, Any], model: ChosenModel, budget: Budget, door: Door
) -> "Reply":
    """One request, when it is its turn; what it costs is set aside before and settled after."""
    room = 3 * len(json.dumps(schema)) + ROOM
    reserved = await budget.reserve(Usage(prompt.size + room, model.max_answer))
    try:
        return await _answered(client, prompt, schema, model, reserved, door)
    finally:
        budget.end()


async def _answered(
    client: "Client",
    prompt: Prompt,
    schema: dict[str, Any],
    model: ChosenModel,
    reserved: Reservation,
    door: Door,
) -> "Reply":
    from quaero.agents.models.client import Declined  # noqa: PLC0415 - slow to import
    from quaero.agents.models.refusals import refusal_of, too_slow  # noqa: PLC0415

    pace = f"model:{model.origin}:{model.name}"
    try:
        await door.take_turn(pace, model.interval_ms)
    except BaseException:
        await reserved.give_back()
        raise
    try:
        async with asyncio.timeout(model.timeout_ms / 1000):
            reply = await client.ask(prompt, schema)
    except TimeoutError:
        refusal = too_slow(str(model), model.timeout_ms / 1000)
    except Declined as error:
        await _settle(reserved, error.usage, door)
        raise refusal_of(error, str(model), client.key).failure from None
    except Exception as error:  # noqa: BLE001 - libraries raise what they like
        refusal = refusal_of(error, str(model), client.key)
    else:
        await _settle(reserved, reply.usage, door)
        return _whole(reply, model)
    if not refusal.may_have_cost:  # else what is set aside counts as used: the provider may want it paid
        await reserved.give_back()
    if refusal.pause_seconds:
        await door.hold_off(pace, int(refusal.pause_seconds * 1000))
    raise refusal.failure


def _whole(reply: "Reply", model: ChosenModel) -> "Reply":
    if reply.cut:
        raise JobFailure(
            f"the answer is longer than {model.max_answer:,} tokens",
            code="model_answer_cut",
            where=str(model),
            remedy="Raise max_answer in model_settings",
        )
    return reply


async def _settle(reserved: Reservation, used: Usage, door: Door) -> None:
    spent = await reserved.budget.settle(reserved, used)
    so_far = await reserved.budget.so_far()
    door.log(f"{spent} ({used.input:,} in, {used.output:,} out); the step so far: {so_far}")
