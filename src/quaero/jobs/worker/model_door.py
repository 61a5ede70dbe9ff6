"""What a job lends to a language model's agent: pace, budgets and answers of all processes, keys, and its log."""

import asyncio
from dataclasses import replace

from quaero.agents import Reading
from quaero.jobs.manager.agent_manager import ACTION
from quaero.jobs.model_keys import ModelKeys
from quaero.jobs.spending import budget_name
from quaero.jobs.worker import JobContext
from quaero.models.errors import JobFailure
from quaero.models.job import Job

LONGEST_WAIT_MS = 10 * 60_000
"""A job waits so long for its turn; after that another try has to come."""


class ModelDoor(ModelKeys):
    """The `Door` of one job. Budgets are kept for its step in its run."""

    def __init__(self, job: Job, context: JobContext) -> None:
        super().__init__(context.control)
        self._job, self._context, self._store = job, context, context.control.store

    @property
    def run(self) -> str:
        return budget_name(self._job.root_id, self._job.parent_id)

    async def take_turn(self, name: str, interval_ms: int) -> None:
        wait_ms = await self._store.take_turn(name, interval_ms) - self._context.now_ms()
        if wait_ms > LONGEST_WAIT_MS:
            raise JobFailure(
                "the model is to be left alone for a while, or too much asks it",
                code="model_busy",
                retryable=True,
                retry_after=wait_ms / 1000,
            )
        if wait_ms > 0:
            await asyncio.sleep(wait_ms / 1000)

    async def hold_off(self, name: str, pause_ms: int) -> None:
        await self._store.hold_off(name, pause_ms)

    async def spend(self, name: str, amount: float, most: float | None = None) -> bool:
        return await self._store.spend(name, amount, most)

    async def spent(self, name: str) -> float:
        return await self._store.spent(name)

    async def answer(self, question: str) -> str | None:
        return await self._store.answer(question)

    async def keep_answer(self, question: str, value: str) -> None:
        await self._store.keep_answer(question, value)

    def log(self, message: str) -> None:
        self._context.log(message)


def shown_to_model(reading: Reading, context: JobContext) -> Reading:
    """With the results of earlier agent steps of the definition alone, so that a rerun asks the same question."""
    agents = set()
    for step in context.definition.steps:
        if step.name == context.step.name:
            break
        if step.action == ACTION:
            agents.add(step.config.get("agent_type"))
    return replace(
        reading, results={name: value for name, value in reading.results.items() if name in agents}
    )
