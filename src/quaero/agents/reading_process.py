"""The process in which agents read: requests on stdin, answers on stdout, one at a time.

Started as `python -m quaero.agents.reading_process MEMORY_BYTES CPU_SECONDS`; it ends when its stdin does. A request
and an answer are a length of four bytes, big-endian, and msgpack; an empty answer comes
first and says that it is ready.
"""

import importlib
import struct
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any, BinaryIO, Final

import msgspec

from quaero.agents import Agent, Reading
from quaero.confinement import allow_cpu, confine

LENGTH: Final = struct.Struct(">I")
MOST_BYTES: Final = 64 * 1024 * 1024
"""Of a request or an answer."""


class Request(msgspec.Struct, frozen=True):
    """`agent`: where its class is, as `package.module:Class`. `options`: JSON, for its options model."""

    agent: str
    title: str
    text: str
    url: str
    results: Mapping[str, Mapping[str, Any]]
    options: bytes


class Answer(msgspec.Struct, frozen=True):
    """`value`: what the agent answered, plain JSON values; or `problem`: why there is no answer."""

    value: Mapping[str, Any] | None = None
    problem: str = ""


def place_of(agent: Agent) -> str:
    """Where the class of an agent is found by another process."""
    return f"{type(agent).__module__}:{type(agent).__qualname__}"


def run(memory_bytes: int, cpu_seconds: int) -> None:
    """Answer requests until stdin ends, with this much memory, and this much time on the processor for each."""
    answers = confine(memory_bytes)
    importlib.import_module("pydantic")  # every agent needs it, and it takes a moment
    answers.write(LENGTH.pack(0))  # ready
    answers.flush()
    requests = sys.stdin.buffer
    decoder = msgspec.msgpack.Decoder(Request)
    while header := requests.read(LENGTH.size):
        allow_cpu(cpu_seconds)
        answer = _answer(decoder.decode(requests.read(*LENGTH.unpack(header))))
        _write(answers, answer)


def _answer(request: Request) -> Answer:
    try:
        agent = _agent(request.agent)
        reading = Reading(request.title, request.text, request.url, request.results)
        options = agent.options_model.model_validate_json(request.options)
        answer = agent.answer(reading, options)
        value = agent.answer_model.model_validate(answer.model_dump()).model_dump(mode="json")
    except MemoryError:
        return Answer(problem="it takes too much memory")
    except Exception as error:  # noqa: BLE001 - an agent may raise anything
        return Answer(problem=f"{type(error).__name__}: {error}")
    return Answer(value)


@cache
def _agent(place: str) -> Agent:
    module, _, name = place.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    agent: Agent = found()
    return agent


def _write(answers: BinaryIO, answer: Answer) -> None:
    content = msgspec.msgpack.encode(answer)
    if len(content) > MOST_BYTES:
        content = msgspec.msgpack.encode(Answer(problem="the answer is too large"))
    answers.write(LENGTH.pack(len(content)))
    answers.write(content)
    answers.flush()


if __name__ == "__main__":
    run(int(sys.argv[1]), int(sys.argv[2]))
