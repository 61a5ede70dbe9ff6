"""What goes over the pipes between the crawler and its parser processes.

A request is a length and a `ParseRequest`; an answer is a length, its kind and what the kind says. Lengths are
four bytes, big-endian; the contents are msgpack. Both sides import this module, so it must stay light.
"""

import struct
from enum import IntEnum
from typing import Final

import msgspec

REQUEST_HEADER: Final = struct.Struct(">I")
ANSWER_HEADER: Final = struct.Struct(">IB")
MAX_FRAME_BYTES: Final = 64 * 1024 * 1024


class Answer(IntEnum):
    """The kinds of answers."""

    READY = 0  # empty; comes first and once
    PAGE = 1  # a ParsedPage
    FAILURE = 2  # a Failure
    LAST_FAILURE = 3  # a Failure, after which the process ends without having begun another request


class Failure(msgspec.Struct, frozen=True):
    """A FetchError on its way through the pipe."""

    code: str
    what: str
    where: str = ""
    remedy: str = ""
    retryable: bool = False


class FrameTooLargeError(Exception):
    """A frame announces more bytes than any real answer has."""


class AnswerReader:
    """Cuts the bytes from a parser process into answers."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The answers that `data` completes, as kind and content."""
        rest = self._rest
        rest += data
        answers: list[tuple[int, bytes]] = []
        start = 0
        while len(rest) - start >= ANSWER_HEADER.size:
            length, kind = ANSWER_HEADER.unpack_from(rest, start)
            if length > MAX_FRAME_BYTES:
                raise FrameTooLargeError
            end = start + ANSWER_HEADER.size + length
            if len(rest) < end:
                break
            with memoryview(rest) as view:
                answers.append((kind, bytes(view[start + ANSWER_HEADER.size : end])))
            start = end
        del rest[:start]
        return answers
