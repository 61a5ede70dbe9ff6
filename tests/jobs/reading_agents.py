"""Agents that tell what they were given to read, or misbehave; they are found by the processes in which agents read."""

import os
import time
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from quaero.agents import Reading

PIPE = "pipe:"


class WatcherOptions(BaseModel):
    """`does`: what happens with a text that has the word "bad" in it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    does: Literal["reads", "raises", "dies", "sleeps", "prints", "overflows", "hoards"] = "reads"
    level: int = Field(default=1, ge=1)


class Watched(BaseModel):
    """What was there to read."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(max_length=100)
    seen: dict[str, Any]
    environment: list[str]


class Watcher:
    """A text that ends with `pipe:PATH` is read until the named pipe is opened and closed by the test."""

    agent_type = "watcher"
    version = "1"
    options_model = WatcherOptions
    answer_model = Watched

    def answer(self, reading: Reading, options: WatcherOptions) -> Watched:
        if PIPE in reading.text:
            Path(reading.text.partition(PIPE)[2].strip()).read_text("utf-8")
        if "bad" in reading.text:
            self._misbehave(options.does)
        long = "bad" in reading.text and options.does == "overflows"
        title = "x" * 1_000 if long else reading.title
        return Watched.model_construct(
            title=title, seen=dict(reading.results), environment=sorted(os.environ)
        )

    def instructions(self, reading: Reading, options: WatcherOptions) -> str:
        return "Say what there is to read."

    def _misbehave(self, how: str) -> None:
        match how:
            case "raises":
                raise RuntimeError("no idea")
            case "dies":
                os._exit(3)
            case "sleeps":
                time.sleep(600)
            case "prints":
                print("noise" * 100)  # noqa: T201 - it shall reach nobody
            case "hoards":
                bytearray(1 << 40)


class Clashing(Watcher):
    """Its options have a name that every agent step has already."""

    agent_type = "clashing"

    class options_model(BaseModel):  # noqa: N801 - a member of the protocol
        model: str = ""
