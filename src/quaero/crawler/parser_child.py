"""The parent's view of one parser process."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from quaero.crawler.parser_frames import Answer, AnswerReader, Failure, FrameTooLargeError
from quaero.models.errors import FetchError

_START_SECONDS = 30.0
_STDOUT = 1


@dataclass(slots=True)
class Parsing:
    """A request on its way: its frame, kept until it is answered, how an answer is read, and where it goes."""

    url: str
    frame: bytearray
    decoder: msgspec.msgpack.Decoder[Any]
    result: asyncio.Future[Any]

    def succeed(self, answer: object) -> None:
        """Hand the answer over, unless nobody waits for it any more."""
        if not self.result.done():
            self.result.set_result(answer)

    def fail(self, failure: Failure) -> None:
        """Raise `failure` as a FetchError where the page is waited for."""
        if self.result.done():
            return
        error = FetchError(
            failure.what,
            code=failure.code,
            where=failure.where or self.url,
            remedy=failure.remedy,
            retryable=failure.retryable,
        )
        self.result.set_exception(error)


class ParserChild(asyncio.SubprocessProtocol):
    """Sends requests to one process and matches its answers, which come in order.

    The deadline of a request runs from the moment the process can begin with it: when it is sent, or when the
    one before it is answered. A process that misses one is killed. `on_answer` is called after each answer;
    `on_end` once the process is gone: then `in_flight` holds the requests that it had not begun, and the one
    that it died of has failed.
    """

    def __init__(
        self,
        deadline_seconds: float,
        on_answer: Callable[[], None],
        on_end: Callable[["ParserChild"], None],
    ) -> None:
        self.in_flight: deque[Parsing] = deque()
        self.usable = False
        self.ready = False
        self.ended = asyncio.Event()
        self._has_begun = True
        self._end_reason = "the process that read the page died of it"
        self._deadline = deadline_seconds
        self._on_answer, self._on_end = on_answer, on_end
        self._loop = asyncio.get_running_loop()
        self._reader = AnswerReader()
        self._failures = msgspec.msgpack.Decoder(Failure)
        self._due = self._loop.time() + _START_SECONDS
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._process = cast(asyncio.SubprocessTransport, transport)
        self._input = cast(asyncio.WriteTransport, self._process.get_pipe_transport(0))
        self.usable = True

    def send(self, parsing: Parsing) -> None:
        """Put a request behind those in flight."""
        self.in_flight.append(parsing)
        if len(self.in_flight) == 1 and self.ready:
            self._due = self._loop.time() + self._deadline
        self._watch()
        self._input.write(parsing.frame)

    def kill(self) -> None:
        """End the process now; `on_end` follows."""
        self.usable = False
        self._process.close()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd != _STDOUT or not self.usable:
            return
        try:
            for kind, content in self._reader.feed(data):
                self._take(Answer(kind), content)
        except (FrameTooLargeError, ValueError, msgspec.MsgspecError, IndexError):
            self._end_reason = "the parser process answered nonsense"
            self.kill()

    def connection_lost(self, _: Exception | None) -> None:
        self.usable = False
        self._stop_watching()
        self._process.close()
        if self.ready and self._has_begun and self.in_flight:
            self.in_flight.popleft().fail(Failure("parse_limit", self._end_reason))
        self.ended.set()
        self._on_end(self)

    def _take(self, kind: Answer, content: bytes) -> None:
        self._due = self._loop.time() + self._deadline
        if kind is Answer.READY:
            self.ready = True
            self._stop_watching()  # the time to start is longer than the time for a page
            self._watch()
            return
        if kind is Answer.PAGE:
            answer = self.in_flight[0].decoder.decode(content)
            self.in_flight.popleft().succeed(answer)
        else:
            failure = self._failures.decode(content)
            self.in_flight.popleft().fail(failure)
        if kind is Answer.LAST_FAILURE:
            self.usable, self._has_begun = False, False
        self._on_answer()

    def _watch(self) -> None:
        if self._timer is None and self.in_flight:
            self._timer = self._loop.call_at(self._due, self._check_deadline)

    def _stop_watching(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check_deadline(self) -> None:
        """Runs about once per deadline, not once per page: a timer for each would cost more than its use."""
        self._timer = None
        if self._loop.time() < self._due:
            self._watch()
        elif self.in_flight:
            self._end_reason = f"reading the page takes longer than {self._deadline:g} seconds"
            self.kill()
