"""Agents read off the event loop, in processes that a document can only take down with itself."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from math import ceil
from typing import Any

import msgspec
from pydantic import BaseModel

from quaero.agents import Agent, Reading
from quaero.agents.reading_process import LENGTH, MOST_BYTES, Answer, Request, place_of
from quaero.crawler.parser_pool import environment
from quaero.models.errors import JobFailure

COMMAND = (sys.executable, "-P", "-m", "quaero.agents.reading_process")
PROCESSES = min(2, os.cpu_count() or 1)
DEADLINE_SECONDS = 30.0
MEMORY_BYTES = 1024**3
START_SECONDS = 60.0


class AgentProcesses:
    """Up to `processes` processes, started when there is something to read; each reads one document at a time.

    A document may take `deadline_seconds` and `memory_bytes` of address space (where the platform can limit it). The
    process of one that takes more is killed, and a new one started for the next.
    """

    def __init__(
        self,
        processes: int = PROCESSES,
        *,
        deadline_seconds: float = DEADLINE_SECONDS,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self._deadline = deadline_seconds
        self._command = (*COMMAND, str(memory_bytes), str(ceil(deadline_seconds)))
        self._free, self._processes = asyncio.Semaphore(processes), processes
        self._idle: list[Process] = []
        self._all: set[Process] = set()

    @property
    def running(self) -> int:
        """How many processes there are."""
        return len(self._all)

    async def answer(self, agent: Agent, reading: Reading, options: BaseModel) -> Mapping[str, Any]:
        """What the agent answers, plain JSON values that fit its answer model.

        `JobFailure`: `agent_limit` where it takes too much, `agent_failed` where it raises or its process dies.
        """
        request = _framed(agent, reading, options)
        async with self._free, self._process() as process:
            answer = await self._ask(process, request, agent)
        if answer.value is None:
            raise _failed(agent, answer.problem)
        return answer.value

    async def close(self) -> None:
        """End all processes. They are started again for the next document."""
        self._idle.clear()
        self._free = asyncio.Semaphore(self._processes)
        await asyncio.gather(*(self._end(process) for process in list(self._all)))

    async def _ask(self, process: Process, request: bytes, agent: Agent) -> Answer:
        try:
            async with asyncio.timeout(self._deadline) as limit:
                return await _exchange(process, request)
        except TimeoutError:
            if not limit.expired():
                raise
            what = f"reading takes longer than {self._deadline:g} seconds"
            raise JobFailure(what, code="agent_limit", where=agent.agent_type) from None
        except (OSError, asyncio.IncompleteReadError, msgspec.MsgspecError):
            raise _failed(agent, "the process that reads the document died of it") from None

    @asynccontextmanager
    async def _process(self) -> AsyncIterator[Process]:
        """A process for one document; one that did not answer is not used again."""
        process = await self._living() or await self._start()
        answered = False
        try:
            yield process
            answered = True
        finally:
            if answered and process in self._all:
                self._idle.append(process)
            else:
                await self._end(process)

    async def _living(self) -> Process | None:
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
            await self._end(process)
        return None

    async def _start(self) -> Process:
        """In a group of its own, so that Ctrl-C in a terminal reaches only its parent."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            what = f"the process in which agents read does not start ({error.strerror})"
            raise JobFailure(what, code="agent_unavailable", retryable=True) from None
        self._all.add(process)
        try:
            async with asyncio.timeout(START_SECONDS):
                await _read(process)
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            await self._end(process)
            what = "the process in which agents read does not start"
            raise JobFailure(what, code="agent_unavailable", retryable=True) from None
        return process

    async def _end(self, process: Process) -> None:
        self._all.discard(process)
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _exchange(process: Process, request: bytes) -> Answer:
    if process.stdin is None:
        raise BrokenPipeError
    process.stdin.write(request)
    await process.stdin.drain()
    return msgspec.msgpack.decode(await _read(process), type=Answer)


async def _read(process: Process) -> bytes:
    """The next answer of a process."""
    if process.stdout is None:
        raise BrokenPipeError
    (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
    return await process.stdout.readexactly(length)


def _framed(agent: Agent, reading: Reading, options: BaseModel) -> bytes:
    content = msgspec.msgpack.encode(
        Request(
            place_of(agent),
            reading.title,
            reading.text,
            reading.url,
            reading.results,
            options.model_dump_json().encode(),
        )
    )
    if len(content) > MOST_BYTES:
        raise JobFailure("the document is too large to read", code="agent_limit", where=agent.agent_type)
    return LENGTH.pack(len(content)) + content


def _failed(agent: Agent, what: str) -> JobFailure:
    return JobFailure(what, code="agent_failed", where=agent.agent_type)


def _environment() -> dict[str, str]:
    """No password, no key; and the modules that this process finds, so that it finds the same agents."""
    paths = [path for path in sys.path if os.path.isabs(path)]  # noqa: PTH117 - a text, as Python takes it
    return {**environment(os.environ), "PYTHONPATH": os.pathsep.join(paths)}
