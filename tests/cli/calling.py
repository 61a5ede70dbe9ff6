"""Calling `quaero`, in this process or as a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from quaero.cli.command_line import exit_code
from quaero.cli.session import Session
from quaero.main import open_engine, open_file

COMMAND = (sys.executable, "-c", "from quaero.main import main; main()")


@dataclass(frozen=True, slots=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Caller:
    """Calls commands in this process."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(self, *arguments: str) -> Result:
        self._capture.readouterr()
        code = exit_code(Session(open_engine, open_file=open_file), arguments)
        output = self._capture.readouterr()
        return Result(code, output.out, output.err)


def start(*arguments: str) -> "subprocess.Popen[str]":
    """A process of its own; its lines can be read while it runs."""
    return subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextmanager
def running(*arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """A process of its own while the block runs; at its end it has ended or is killed."""
    with start(*arguments) as process:
        try:
            yield process
        finally:
            process.kill()


def end_of(process: "subprocess.Popen[str]") -> Result:
    """What a process has still to say, and its exit code."""
    out, err = process.communicate(timeout=60)
    return Result(process.returncode, out, err)


def lines_until(process: "subprocess.Popen[str]", wanted: str) -> list[str]:
    """The lines of the output up to the first one that contains `wanted`."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if wanted in line:
            return lines
    raise AssertionError(f"no line with {wanted!r} in {lines}")
