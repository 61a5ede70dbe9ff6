"""Calling `quaero`, in this process or as a process of its own."""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from quaero.cli.command_line import exit_code
from quaero.cli.session import Session
from quaero.main import open_engine

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
        code = exit_code(Session(open_engine), arguments)
        output = self._capture.readouterr()
        return Result(code, output.out, output.err)


def start(*arguments: str) -> "subprocess.Popen[str]":
    """A process of its own; its lines can be read while it runs."""
    return subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def lines_until(process: "subprocess.Popen[str]", wanted: str) -> list[str]:
    """The lines of the output up to the first one that contains `wanted`."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if wanted in line:
            return lines
    raise AssertionError(f"no line with {wanted!r} in {lines}")
