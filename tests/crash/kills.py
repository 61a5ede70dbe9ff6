"""Worker processes in the hands of a test: started from the template, killed, stopped, waited for."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from tests.crash.worker_process import Orders

SECONDS = 60
"""How long anything is waited for before it counts as hanging."""

KILLED = -signal.SIGKILL


class Process:
    """One worker process, a fork of the template."""

    def __init__(self, template: "Template", orders: Orders, pid: int) -> None:
        self.orders, self.pid = orders, pid
        self._template = template
        self._handle = os.pidfd_open(pid)  # the template reaps it when asked to: the number is still its own
        self._code: int | None = None

    def ended_within(self, seconds: float) -> bool:
        """Whether it ends by itself so soon."""
        return self._code is not None or bool(_readable(self._handle, seconds))

    def wait(self, seconds: float = SECONDS) -> int:
        """The exit code; minus the signal's number if one ended it."""
        if self._code is None:
            assert self.ended_within(seconds), f"process {self.pid} hangs: {self.place}"
            self._code = int(self._template.ask(do="wait", pid=self.pid)["code"])
            os.close(self._handle)
        return self._code

    def wait_until_stopped(self) -> None:
        """Returns when all its threads stand still at the place that its orders name."""
        answer = self._template.ask(do="see stopped", pid=self.pid)
        if "code" in answer:
            self._code = int(answer["code"])
            os.close(self._handle)
        assert "stopped" in answer, f"it never came to {self.orders.stops_at}: {answer} {self.complaints}"

    def go_on(self) -> None:
        signal.pidfd_send_signal(self._handle, signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, unless it has ended."""
        if self._code is None:
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            self.wait()

    @property
    def place(self) -> str:
        """The last statement that it came to."""
        try:
            return Path(self.orders.trace).read_bytes().rstrip(b"\0").decode() or "before any statement"
        except FileNotFoundError:
            return "before it opened the store"

    @property
    def complaints(self) -> str:
        try:
            return Path(f"{self.orders.trace}.err").read_text()
        except FileNotFoundError:
            return ""


class Template:
    """The process that workers are forked from; none of them outlives the block."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.worker_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        self._started: list[Process] = []
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.kill_all()
        finally:
            self._process.kill()
            self._process.communicate()

    def start(self, orders: Orders) -> Process:
        answer = self.ask(do="start", orders=msgspec.to_builtins(orders))
        process = Process(self, orders, answer["pid"])
        self._started.append(process)
        return process

    def kill_all(self) -> None:
        """End every worker that is left."""
        for process in self._started:
            process.kill()
        self._started.clear()

    def ask(self, **order: Any) -> dict[str, Any]:
        """Give an order to the template; its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        assert _readable(self._process.stdout.fileno(), SECONDS), f"no answer to {order}"
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def _readable(descriptor: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1_000))
