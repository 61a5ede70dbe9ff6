"""The process in which pages of strangers are parsed: requests on stdin, answers on stdout, both in order.

Started as `python -m quaero.crawler.parser_process MEMORY_BYTES CPU_SECONDS`; it ends when its stdin does.
"""

import sys
from collections.abc import Callable
from typing import BinaryIO, TypeVar

import msgspec

from quaero.confinement import allow_cpu, confine
from quaero.crawler.page import ParsedPage, ParseRequest, parse_page
from quaero.crawler.parser_frames import (
    ANSWER_HEADER,
    MAX_FRAME_BYTES,
    REQUEST_HEADER,
    Answer,
    Failure,
)
from quaero.models.errors import FetchError

R = TypeVar("R")
A = TypeVar("A")


def run(parse: Callable[[ParseRequest], ParsedPage], memory_bytes: int, cpu_seconds: int) -> None:
    """Answer requests with `parse` until stdin ends, with this much memory, and this much CPU time for each."""
    serve(parse, ParseRequest, memory_bytes, cpu_seconds)


def serve(answer: Callable[[R], A], requests_are: type[R], memory_bytes: int, cpu_seconds: int) -> None:
    """`run` for requests and answers of other types."""
    answers = confine(memory_bytes)
    _write(answers, Answer.READY, b"")
    requests = sys.stdin.buffer
    decoder = msgspec.msgpack.Decoder(requests_are)
    while header := requests.read(REQUEST_HEADER.size):
        allow_cpu(cpu_seconds)
        kind, content = _answer(answer, decoder, requests.read(*REQUEST_HEADER.unpack(header)))
        _write(answers, kind, content)
        if kind is Answer.LAST_FAILURE:
            return


def _answer(
    parse: Callable[[R], A], decoder: msgspec.msgpack.Decoder[R], frame: bytes
) -> tuple[Answer, bytes]:
    try:
        content = msgspec.msgpack.encode(parse(decoder.decode(frame)))
    except MemoryError:  # what is left of this process is not to be trusted with another page
        return Answer.LAST_FAILURE, _failure("parse_limit", "reading the page takes too much memory")
    except RecursionError:
        return Answer.FAILURE, _failure("parse_limit", "the page is nested too deep to read")
    except FetchError as error:
        failure = Failure(error.code, error.what, error.where, error.remedy, error.retryable)
        return Answer.FAILURE, msgspec.msgpack.encode(failure)
    except Exception as error:  # noqa: BLE001  one page's error must not end the others
        what = f"the page cannot be read: {type(error).__name__}: {error}"
        return Answer.FAILURE, _failure("parse_failed", what)
    if len(content) > MAX_FRAME_BYTES:
        return Answer.FAILURE, _failure("parse_limit", "what was read from the page is too large")
    return Answer.PAGE, content


def _failure(code: str, what: str) -> bytes:
    return msgspec.msgpack.encode(Failure(code, what))


def _write(answers: BinaryIO, kind: Answer, content: bytes) -> None:
    answers.write(ANSWER_HEADER.pack(len(content), kind))
    answers.write(content)
    answers.flush()


if __name__ == "__main__":
    run(parse_page, int(sys.argv[1]), int(sys.argv[2]))
