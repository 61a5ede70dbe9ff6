"""Runs a PostgreSQL server for the process that started this one, and leaves nothing behind when that one is gone.

Arguments: the folder to remove at the end, the user and the group of the server (-1: our own), its command.
Commands come on standard input, one a line, each answered with a line: `start`, `poll`, `fast`, `immediate`.
"""

import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
PR_SET_PDEATHSIG = 1
LOOK_S = 1.0  # how often we look whether our parent is still there, should its end of the pipe outlive it


class Guard:
    def __init__(self, user: int, group: int, command: list[str], log: Path) -> None:
        self._command, self._log = command, log
        self._identity: dict[str, Any] = {}
        if user >= 0:
            self._identity = {"user": user, "group": group, "extra_groups": []}
        self._server: subprocess.Popen[bytes] | None = None

    def obey(self, command: str) -> str:
        """`running`, or `ended` with the server's exit status."""
        if command == "start":
            self._start()
        elif command in SIGNALS:
            self.stop(SIGNALS[command])
        status = None if self._server is None else self._server.poll()
        return "running" if status is None else f"ended {status}"

    def stop(self, how: signal.Signals) -> None:
        """Send the signal and wait for the server's end."""
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(how)
            self._server.wait()

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - this process has one thread
                **self._identity,
            )


def _die_with_parent() -> None:
    """Should this guard be killed, the system stops the server. Only Linux knows this."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def main() -> None:
    folder, user, group, *command = sys.argv[1:]
    guard = Guard(int(user), int(group), command, Path(folder, "log"))
    parent = os.getppid()
    while os.getppid() == parent:
        line = _next_line(LOOK_S)
        if line == "":
            break
        if line is not None:
            sys.stdout.write(f"{guard.obey(line.strip())}\n")
            sys.stdout.flush()
    guard.stop(signal.SIGQUIT)
    shutil.rmtree(folder, ignore_errors=True)


def _next_line(seconds: float) -> str | None:
    """The next line; None when none came in time; empty at the end. The parent waits for each answer."""
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return sys.stdin.readline() if ready else None


if __name__ == "__main__":
    main()
