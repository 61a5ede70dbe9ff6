"""Asks language models for agents: each question once, within pace and budget, its answer checked and made harmless."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from quaero.agents import Agent, Reading
from quaero.agents.models import Door
from quaero.agents.models.answers import WrongAnswer, checked, fitted
from quaero.agents.models.budget import Budget, OpenQuestions
from quaero.agents.models.chosen import ChosenModel
from quaero.agents.models.fence import Question, prompt_of, question_of
from quaero.agents.models.keys import key_of
from quaero.agents.models.request import asked
from quaero.models.errors import JobFailure

if TYPE_CHECKING:
    from quaero.agents.models.client import Client

TRIES = 3
"""So often a model is asked until its answer has the form that is asked for."""

FORM = 1
"""Of the prompt: another number where it changes, so that answers to the old one are not taken for the new."""


class LanguageModels:
    """Asks; holds connections to the servers until `close`."""

    def __init__(self) -> None:
        self._clients: dict[tuple[ChosenModel, str], Client] = {}
        self._asked: dict[str, tuple[asyncio.Lock, int]] = {}
        self._loading = asyncio.Lock()
        self._open = OpenQuestions()

    async def ask(
        self, agent: Agent, reading: Reading, options: Any, model: ChosenModel, door: Door
    ) -> BaseModel:
        """The model's answer in the form of the agent's `answer_model`.

        `JobFailure` when there is none: see docs/errors.md, "Of a language model".
        """
        question = question_of(reading, agent.instructions(reading, options), model.max_text)
        if question.cut:
            door.log(
                f"the first {model.max_text:,} characters are shown to the model; the document is longer"
            )
        if not model.cache:
            return await self._answer(agent, reading, options, question, model, door)
        name = _hash_of(agent, options, question, model)
        async with self._one_at_a_time(name):
            kept = await door.answer(name)
            if kept is not None and (answer := _kept_answer(agent, kept)) is not None:
                door.log("this was answered before: nothing is asked")
                return answer
            answer = await self._answer(agent, reading, options, question, model, door)
            await door.keep_answer(name, answer.model_dump_json())
            return answer

    async def close(self) -> None:
        """Close the connections."""
        clients = list(self._clients.values())
        self._clients.clear()
        for client in clients:
            await client.close()

    async def _answer(
        self,
        agent: Agent,
        reading: Reading,
        options: Any,
        question: Question,
        model: ChosenModel,
        door: Door,
    ) -> BaseModel:
        key = await key_of(model, door)
        client = await self._client(model, key)
        schema = agent.answer_model.model_json_schema()
        budget, complaint = Budget(door, model, self._open), ""
        for number in range(1, TRIES + 1):
            prompt = prompt_of(question, complaint)
            reply = await asked(client, prompt, schema, model, budget, door)
            try:
                answer = await asyncio.to_thread(checked, agent, reply.text, question.document)
                return fitted(agent, answer, reading, options)
            except WrongAnswer as error:
                complaint = str(error)
                door.log(
                    f"answer {number} of the model does not have the form that is asked for: {complaint}"
                )
        raise JobFailure(
            f"{TRIES} answers of the model did not have the form that is asked for ({complaint})",
            code="model_bad_answer",
            where=str(model),
            remedy="Take a larger model, or an easier question",
        )

    async def _client(self, model: ChosenModel, key: str) -> "Client":
        """The library takes seconds to load: other jobs go on meanwhile."""
        async with self._loading:
            found = self._clients.get((model, key))
            if found is None:
                found = await asyncio.to_thread(_new_client, model, key)
                self._clients[model, key] = found
            return found

    @asynccontextmanager
    async def _one_at_a_time(self, name: str) -> AsyncIterator[None]:
        """Equal questions wait for the first answer."""
        lock, users = self._asked.get(name, (asyncio.Lock(), 0))
        self._asked[name] = lock, users + 1
        try:
            async with lock:
                yield
        finally:
            lock, users = self._asked.pop(name)
            if users > 1:
                self._asked[name] = lock, users - 1


def _kept_answer(agent: Agent, kept: str) -> BaseModel | None:
    try:
        return agent.answer_model.model_validate_json(kept)
    except ValidationError:  # the form has changed since
        return None


def _hash_of(agent: Agent, options: Any, question: Question, model: ChosenModel) -> str:
    """Of all that the answer depends on; the fence is another one each time and left out."""
    told = options.model_dump(mode="json") if isinstance(options, BaseModel) else repr(options)
    parts = [
        FORM,
        str(model),
        model.base_url,
        model.max_answer,
        agent.agent_type,
        agent.version,
        told,
        agent.answer_model.model_json_schema(),
        question.task,
        question.document,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _new_client(model: ChosenModel, key: str) -> "Client":
    from quaero.agents.models.client import Client  # noqa: PLC0415 - slow to import

    return Client(model, key)
