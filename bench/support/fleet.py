"""`quaero worker --processes N` as people run it, with the no-ops of the benchmarks installed as a plug-in."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from support.contest import SUPPORT, ContestError

_STARTED: Final = re.compile(r"worker (\d+) started: pid (\d+)")
_ENTRY_POINTS: Final = """\
[quaero.managers]
noop = support.noop:NoopManager
[quaero.workers]
noop_child = support.noop:NoopWorker
"""
READY_SECONDS: Final = 30.0
STOP_SECONDS: Final = 60.0


class Fleet:
    """Worker processes that another process keeps alive; `said` is what that one has printed."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._changed = threading.Condition()
        self._pids: dict[int, int] = {}
        self.said: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def wait_until_ready(self, processes: int) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._pids) == processes, READY_SECONDS):
                raise ContestError(f"the workers did not start: {self.said}")

    def kill(self, number: int) -> None:
        """End one of them, as it is running now, without any warning."""
        with self._changed:
            pid = self._pids[number]
        with suppress(ProcessLookupError):  # the last one is dead and the next one not there yet
            os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._listener.join()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self.said.append(line.strip())
                if started := _STARTED.match(line):
                    self._pids[int(started[1])] = int(started[2])
                self._changed.notify_all()


@contextmanager
def fleet(url: str, processes: int) -> Iterator[Fleet]:
    """So many worker processes on a database while the block runs; what they complain of goes to a file."""
    with (
        tempfile.TemporaryDirectory(prefix="quaero-fleet-") as folder,
        (Path(folder) / "log").open("w") as log,
    ):
        variables = plugin_variables(Path(folder)) | {"QUAERO_DATABASE": url}
        command = [sys.executable, "-P", "-c", "from quaero.main import main; main()"]
        command += ["worker", "--processes", str(processes)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=variables, cwd=folder
        ) as process:
            workers = Fleet(process)
            try:
                workers.wait_until_ready(processes)
                yield workers
            finally:
                workers.stop()
                log.flush()
                workers.said += (Path(folder) / "log").read_text(errors="replace").splitlines()


def plugin_variables(folder: Path) -> dict[str, str]:
    """The variables of a process that has the plug-in."""
    about = folder / "quaero_bench-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: quaero-bench\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(_ENTRY_POINTS)
    return {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{SUPPORT.parent}"}
