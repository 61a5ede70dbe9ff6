"""Parsing off the event loop, in processes that a hostile page can only take down with itself."""

import asyncio
import os
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from math import ceil
from subprocess import DEVNULL, PIPE
from typing import Any, TypeVar

import msgspec

from quaero.crawler.page import ParsedPage, ParseRequest
from quaero.crawler.parser_child import ParserChild, Parsing
from quaero.crawler.parser_frames import MAX_FRAME_BYTES, REQUEST_HEADER, Failure

# Without the current folder on the import path (-P): a file there must not become part of the parser.
PARSER_COMMAND = (sys.executable, "-P", "-m", "quaero.crawler.parser_process")

_NEEDED = frozenset(
    {
        "PATH",
        "PYTHONPATH",
        "PYTHONHOME",
        "LD_LIBRARY_PATH",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "TMPDIR",
        "SYSTEMROOT",
    }
)

# Enough that the next request is in the pipe when an answer leaves, few enough to send again after a crash.
_IN_FLIGHT_PER_CHILD = 3
_TOO_LARGE = Failure("parse_limit", "the page is too large to read")
_CLOSED = Failure("parser_unavailable", "the parser has been closed", retryable=True)
_NOT_STARTED = Failure(
    "parser_unavailable",
    "the process that reads pages does not start",
    remedy=f"Run `{' '.join(PARSER_COMMAND[1:])} 1073741824 10` with this Python to see why",
    retryable=True,
)


A = TypeVar("A")


class ParserPool:
    """Up to `processes` parser processes, started when there is work for them.

    Each page may take `deadline_seconds` of time and `memory_bytes` of address space (where the platform can
    limit it). A page that takes more fails alone: its process is killed and replaced, and the pages waiting
    behind it are sent again.
    """

    def __init__(
        self,
        processes: int = 1,
        *,
        deadline_seconds: float = 10.0,
        memory_bytes: int = 1024**3,
        command: Sequence[str] = PARSER_COMMAND,
    ) -> None:
        self._processes, self._deadline = processes, deadline_seconds
        self._command = (*command, str(memory_bytes), str(ceil(deadline_seconds)))
        self._encoder = msgspec.msgpack.Encoder()
        self._decoders: dict[type, msgspec.msgpack.Decoder[Any]] = {}
        self._waiting: deque[Parsing] = deque()
        self._children: list[ParserChild] = []
        self._starting: set[asyncio.Task[None]] = set()
        self._closed = False

    async def parse(self, request: ParseRequest) -> ParsedPage:
        """Parse one page.

        Raises FetchError: what `parse_page` raised, or with the code `parse_limit` for a page that took too
        much, `parse_failed` for one that it could not cope with, `parser_unavailable` without a process.
        """
        return await self.ask(request, request.url, ParsedPage)

    async def ask(self, request: msgspec.Struct, url: str, answer: type[A]) -> A:
        """The same for a pool whose `command` takes other requests and gives other answers. `url`: named in errors."""
        result: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        parsing = Parsing(url, self._framed(request), self._decoder(answer), result)
        if len(parsing.frame) > MAX_FRAME_BYTES:
            parsing.fail(_TOO_LARGE)
        elif self._closed:
            parsing.fail(_CLOSED)
        else:
            self._waiting.append(parsing)
            self._dispatch()
        return await result

    def warm_up(self) -> None:
        """Start the first process now, so that the first page need not wait for it."""
        if not (self._children or self._starting or self._closed):
            self._start()

    async def close(self) -> None:
        """End all processes; pages still being parsed fail."""
        self._closed = True
        await asyncio.gather(*self._starting)
        for child in self._children:
            child.kill()
        await asyncio.gather(*(child.ended.wait() for child in list(self._children)))
        self._fail_waiting(_CLOSED)

    def _decoder(self, answer: type) -> msgspec.msgpack.Decoder[Any]:
        if answer not in self._decoders:
            self._decoders[answer] = msgspec.msgpack.Decoder(answer)
        return self._decoders[answer]

    def _framed(self, request: msgspec.Struct) -> bytearray:
        frame = bytearray(REQUEST_HEADER.size)
        self._encoder.encode_into(request, frame, REQUEST_HEADER.size)
        REQUEST_HEADER.pack_into(frame, 0, len(frame) - REQUEST_HEADER.size)
        return frame

    def _dispatch(self) -> None:
        """Send waiting requests to the process with the least to do, and start one more where all are busy."""
        while self._waiting:
            child = min(self._usable(), key=lambda one: len(one.in_flight), default=None)
            if (child is None or child.in_flight) and self._may_start():
                self._start()
            if child is None or len(child.in_flight) >= _IN_FLIGHT_PER_CHILD:
                return
            parsing = self._waiting.popleft()
            if not parsing.result.done():
                child.send(parsing)

    def _usable(self) -> list[ParserChild]:
        return [child for child in self._children if child.usable]

    def _may_start(self) -> bool:
        return not self._closed and len(self._usable()) + len(self._starting) < self._processes

    def _start(self) -> None:
        task = asyncio.get_running_loop().create_task(self._start_child())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _start_child(self) -> None:
        """Start a process, in a group of its own so that Ctrl-C in a terminal reaches only its parent."""
        child = ParserChild(self._deadline, self._dispatch, self._on_end)
        self._children.append(child)
        try:
            await asyncio.get_running_loop().subprocess_exec(
                lambda: child,
                *self._command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env=environment(os.environ),
                start_new_session=True,
            )
        except OSError:
            self._on_end(child)
        self._dispatch()

    def _on_end(self, child: ParserChild) -> None:
        self._children.remove(child)
        self._waiting.extendleft(reversed(child.in_flight))
        if not child.ready and not self._usable():
            self._fail_waiting(_NOT_STARTED)
        if not self._closed:
            self._dispatch()

    def _fail_waiting(self, failure: Failure) -> None:
        while self._waiting:
            self._waiting.popleft().fail(failure)


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """What a process that reads strangers' pages gets to see of our environment: no password, no key."""
    return {name: value for name, value in ours.items() if name in _NEEDED}
