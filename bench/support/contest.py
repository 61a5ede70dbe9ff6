"""How long several processes take to empty a queue, the same way for everybody: they are let go at one moment."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final

import psycopg

LOOK_SECONDS: Final = 0.01
LONGEST_SECONDS: Final = 300.0
SUPPORT: Final = Path(__file__).parent


class ContestError(Exception):
    """A process did not do what it was to do; the text is one line."""


def seconds_to_drain(command: Sequence[str], processes: int, url: str, unfinished: str | None) -> float:
    """Seconds from the start of so many processes, which have everything prepared, until nothing is left.

    `unfinished`: a query that is true until then; None: until each has said that it is done.
    """
    with ExitStack() as stack:
        workers = [stack.enter_context(_worker(command)) for _ in range(processes)]
        for worker in workers:
            _expect(worker, "ready")
        look = stack.enter_context(psycopg.connect(url, autocommit=True))
        began = time.perf_counter()
        for worker in workers:
            _write(worker, "go\n")
        if unfinished is None:
            for worker in workers:
                _expect(worker, "done")
        else:
            _wait(lambda: bool(look.execute(unfinished.encode()).fetchall()[0][0]), began)
        return time.perf_counter() - began


def printed(command: Sequence[str]) -> str:
    """What a program prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=_environment())
    return done.stdout


def own_command(script: str, *arguments: object) -> list[str]:
    """A script of this folder in our own environment."""
    return [sys.executable, str(SUPPORT / script), *map(str, arguments)]


@contextmanager
def _worker(command: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment()
    ) as process:
        try:
            yield process
        finally:
            _pipe(process.stdin).close()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(SUPPORT.parent)}


def _expect(worker: "subprocess.Popen[str]", word: str) -> None:
    said = _pipe(worker.stdout).readline().strip()
    if said != word:
        raise ContestError(f"`{worker.args!r}` said {said!r} where {word!r} was expected")


def _write(worker: "subprocess.Popen[str]", text: str) -> None:
    _pipe(worker.stdin).write(text)
    _pipe(worker.stdin).flush()


def _pipe(stream: "IO[str] | None") -> "IO[str]":
    assert stream is not None
    return stream


def _wait(unfinished: Callable[[], bool], began: float) -> None:
    while unfinished():
        if time.perf_counter() - began > LONGEST_SECONDS:
            raise ContestError(f"not finished after {LONGEST_SECONDS:g} s")
        time.sleep(LOOK_SECONDS)
