"""What can be said before the first question: that a key or a price is missing."""

import asyncio

from quaero.agents.models import Keys
from quaero.agents.models.budget import check_price
from quaero.agents.models.chosen import ChosenModel
from quaero.agents.models.keys import key_of


async def check_ready(model: ChosenModel, keys: Keys) -> None:
    """`JobFailure` where no question to the model could be asked. Nothing is sent."""
    await key_of(model, keys)
    if model.max_cost is not None:
        await asyncio.to_thread(check_price, model)  # the list of prices takes a moment to load
