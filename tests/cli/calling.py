"""Calling `quaero`, in this process or as a process of its own."""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from quaero.cli.command_line import exit_code
from quaero.cli.session import Session
from quaero.main import open_engine, open_file

COMMAND = (sys.executable, "-c", "from quaero.main import main; main()")
SECONDS = 60
"""How long the end of a process is waited for before it counts as hanging."""


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


class Process(subprocess.Popen[str]):
    """`quaero` as a process of its own: none of its lines is lost, whichever way they are read.

    What it complains of goes to a file, so that nobody has to read it meanwhile; all append to that, so that a reader
    does not move the place where others write.
    """

    def __init__(self, *arguments: str) -> None:
        self._complaints = tempfile.TemporaryFile("a+", encoding="utf-8")  # noqa: SIM115 - closed at the end
        super().__init__([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=self._complaints, text=True)

    def communicate(
        self,
        input: str | None = None,  # noqa: A002 - the name that it has there
        timeout: float | None = None,
    ) -> tuple[str, str]:
        """The rest of the output, also what was read ahead, and all complaints.

        A process that takes longer than `timeout` seconds is killed: `TimeoutExpired`.
        """
        assert self.stdout is not None
        assert input is None
        late = threading.Event()

        def give_up() -> None:
            late.set()
            self.kill()

        watch = threading.Timer(timeout if timeout is not None else SECONDS, give_up)
        watch.start()
        try:
            with self.stdout as output:
                out = output.read()
            self.wait()
        finally:
            watch.cancel()
            watch.join()
        if late.is_set():
            raise subprocess.TimeoutExpired(self.args, watch.interval, out)
        return out, self._read_complaints()

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._complaints.close()

    def _read_complaints(self) -> str:
        with self._complaints as file:
            file.seek(0)
            return file.read()


def start(*arguments: str) -> Process:
    """A process of its own; its lines can be read while it runs."""
    return Process(*arguments)


@contextmanager
def running(*arguments: str) -> Iterator[Process]:
    """A process of its own while the block runs; at its end it has ended or is killed."""
    with start(*arguments) as process:
        try:
            yield process
        finally:
            process.kill()


def end_of(process: Process, seconds: float = SECONDS) -> Result:
    """What a process has still to say, and its exit code; one that takes longer is killed: `TimeoutExpired`."""
    out, err = process.communicate(timeout=seconds)
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
