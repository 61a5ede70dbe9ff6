"""Worker processes that a test starts, stops, continues and kills; none outlives the block."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec

from tests.crash.session_server import Task

ROOT = Path(__file__).parents[2]


class Session:
    """One worker process."""

    def __init__(self, server: "Sessions", pid: int) -> None:
        self._server, self.pid = server, pid
        self._handle = os.pidfd_open(pid)
        self.code: int | None = None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless the process has ended."""
        if self.code is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

    def ended(self, seconds: float) -> bool:
        """Wait so long for its end; whether it came."""
        if self.code is None and select.select([self._handle], [], [], seconds)[0]:
            os.close(self._handle)
            self.code = self._server.ask(f"reap {self.pid}")
        return self.code is not None

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self.ended(10)


class Sessions:
    """Starts worker processes by way of a server that forks them."""

    def __init__(self, commands: IO[str], answers: IO[str]) -> None:
        self._commands, self._answers = commands, answers
        self._started: list[Session] = []

    def start(self, task: Task) -> Session:
        session = Session(self, self.ask(msgspec.json.encode(task).decode()))
        self._started.append(session)
        return session

    def ask(self, line: str) -> int:
        self._commands.write(f"{line}\n")
        self._commands.flush()
        return int(self._answers.readline())

    def kill_all(self) -> None:
        for session in self._started:
            if session.code is None:
                session.kill()
        self._started.clear()


@contextmanager
def open_sessions() -> Iterator[Sessions]:
    command = [sys.executable, "-m", "tests.crash.session_server"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        sessions = Sessions(server.stdin, server.stdout)
        try:
            yield sessions
        finally:
            sessions.kill_all()
            server.stdin.close()
            server.wait(10)
