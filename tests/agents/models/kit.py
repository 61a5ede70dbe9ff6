"""An agent, a door and models for tests of language models."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from quaero.agents import Reading
from quaero.agents.models.chosen import ChosenModel
from quaero.agents.models.providers import PROVIDERS

SHORT = Annotated[str, Field(max_length=200)]


class GistOptions(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    style: str = "short"


class Gist(BaseModel):
    """The form of an answer."""

    model_config = ConfigDict(extra="forbid")

    gist: Annotated[str, Field(min_length=1, max_length=300)]
    words: Annotated[list[SHORT], Field(max_length=5)] = []


class GistAgent:
    agent_type = "gist"
    version = "1"
    options_model = GistOptions
    answer_model = Gist

    def answer(self, reading: Reading, options: Any) -> Gist:
        return Gist(gist=reading.text[:100] or "nothing")

    def instructions(self, reading: Reading, options: Any) -> str:
        return f"Say in one sentence what the document is about ({options.style})."


GOOD = json.dumps({"gist": "It is about roses.", "words": ["roses"]})
ROSES = Reading("Roses", "Roses want sun and water.", "https://garden.example/roses")


class MemoryDoor:
    """A door over plain dictionaries: the rules of the store in a few lines, for one process."""

    run = "1/2"

    def __init__(self, environment: Mapping[str, str] | None = None, stored: str = "") -> None:
        self.environment, self.stored = environment or {}, stored
        self.turns: list[tuple[str, int]] = []
        self.pauses: list[tuple[str, int]] = []
        self.amounts: dict[str, float] = {}
        self.most: dict[str, float] = {}
        """The highest amount that a budget ever stood at."""
        self.answers: dict[str, str] = {}
        self.lines: list[str] = []

    async def take_turn(self, name: str, interval_ms: int) -> None:
        self.turns.append((name, interval_ms))

    async def hold_off(self, name: str, pause_ms: int) -> None:
        self.pauses.append((name, pause_ms))

    async def spend(self, name: str, amount: float, most: float | None = None) -> bool:
        await asyncio.sleep(0)
        after = self.amounts.get(name, 0) + amount
        if most is not None and amount > 0 and after > most:
            return False
        self.amounts[name] = after
        self.most[name] = max(after, self.most.get(name, 0))
        return True

    async def spent(self, name: str) -> float:
        return self.amounts.get(name, 0)

    async def answer(self, question: str) -> str | None:
        return self.answers.get(question)

    async def keep_answer(self, question: str, value: str) -> None:
        self.answers[question] = value

    async def secret(self, name: str) -> str | None:
        return self.environment.get(name)

    async def stored_secret(self, name: str, origin: str) -> str:
        return self.stored

    def log(self, message: str) -> None:
        self.lines.append(message)


KINDS = ("openai", "openai-compatible", "anthropic", "gemini")


def model_at(url: str, kind: str = "openai-compatible", **settings: Any) -> ChosenModel:
    """A model of the provider, whose server is at this URL."""
    name = {"anthropic": "claude-haiku-4-5", "gemini": "gemini-2.5-flash", "openai": "gpt-4.1-mini"}.get(
        kind, "qwen3:8b"
    )
    base = url if kind in ("anthropic", "gemini") else f"{url}/v1"
    return replace(ChosenModel(PROVIDERS[kind], name, base), **settings)
