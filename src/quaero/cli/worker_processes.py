"""Keeps a number of worker processes alive, and ends them with this one."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable, Sequence
from signal import Signals

from quaero.models.errors import QuaeroError
from quaero.settings import variable_of

PROGRAM = (sys.executable, "-P", "-c", "from quaero.main import main; main()")
"""What a process of this program is started with: the same interpreter, and nothing from the current folder."""

READY, STOPPING = "ready", "stopping"
"""What such a process says: when it works, and when it has got the signal and begins nothing new."""

MOST_FALSE_STARTS = 3
"""So many processes in a row that end before they are ready, and nothing but giving up makes sense."""
MOST_DEATHS = 15
"""So many deaths in a row, each soon after a start: more than one job that kills its workers may cause."""
LONG_LIFE_SECONDS = 30.0
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.1, 5.0


class WorkersLostError(QuaeroError):
    """Worker processes end again and again."""

    code = "workers_lost"


class WorkerProcesses:
    """`count` processes, each started as `quaero COMMAND` with a pipe that ends when this process does.

    `database` is where their data is, in place of what they find in the settings: its URL may hold a password, so it is
    passed by the environment, which nobody else sees. `until_idle`: they end by themselves. `drain_seconds`: how long
    they may take to end when told to.
    """

    def __init__(
        self,
        command: Sequence[str],
        count: int,
        tell: Callable[[str], None],
        *,
        database: str | None = None,
        until_idle: bool = False,
        drain_seconds: float,
    ) -> None:
        self._command, self._count, self._tell = (*PROGRAM, *command), count, tell
        self._environment = os.environ | ({} if database is None else {variable_of("database"): database})
        self._until_idle, self._drain_seconds = until_idle, drain_seconds
        self._stopping = asyncio.Event()
        self._processes: dict[int, asyncio.subprocess.Process] = {}

    async def run(self) -> None:
        """Keep them alive until `stop`, or until they have ended by themselves; raises `WorkersLostError`."""
        slots = [asyncio.create_task(self._keep(number)) for number in range(1, self._count + 1)]
        try:
            await asyncio.gather(*slots)
        finally:
            await self.stop()
            await asyncio.gather(*slots, return_exceptions=True)

    def begin_stop(self) -> None:
        """Tell the processes to end, and start no others; again is harmless."""
        if not self._stopping.is_set():
            self._stopping.set()
            for process in self._processes.values():
                _end(process.terminate)

    async def stop(self) -> None:
        """End the processes: what they execute may finish in time."""
        self.begin_stop()
        waits = [asyncio.create_task(process.wait()) for process in self._processes.values()]
        if waits:
            await asyncio.wait(waits, timeout=self._drain_seconds)
        self.kill()

    def kill(self) -> None:
        """End them at once."""
        for process in self._processes.values():
            _end(process.kill)

    async def _keep(self, number: int) -> None:
        """Keep one process alive."""
        name, deaths = f"worker {number}", _Deaths()
        while not self._stopping.is_set():
            began = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=self._environment,
                start_new_session=True,  # Ctrl-C is for this process to handle
            )
            self._processes[number] = process
            if self._stopping.is_set():
                _end(process.terminate)
            ready = await self._listen(name, process)
            code = await process.wait()
            del self._processes[number]
            if self._stopping.is_set() or (code == 0 and self._until_idle):
                self._tell(f"{name} stopped")
                return
            how = _how(code)
            pause = deaths.next_wait(name, how, time.monotonic() - began if ready else None)
            self._tell(f"{name} {how}; another one starts in {pause:g} s")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stopping.wait()

    async def _listen(self, name: str, process: asyncio.subprocess.Process) -> bool:
        """Tell what the process says until it ends; whether it was ready."""
        ready = False
        while process.stdout is not None and (line := await process.stdout.readline()):
            ready = True
            word = line.decode().strip()
            self._tell(f"{name} started: pid {process.pid}" if word == READY else f"{name} is {word}")
        return ready


class _Deaths:
    """The deaths of one worker's processes in a row."""

    def __init__(self) -> None:
        self._false_starts = self._deaths = 0

    def next_wait(self, name: str, how: str, lived: float | None) -> float:
        """How many seconds to wait before the next start; `lived` is None for one that was never ready."""
        self._false_starts = self._false_starts + 1 if lived is None else 0
        self._deaths = 1 if lived is not None and lived >= LONG_LIFE_SECONDS else self._deaths + 1
        if self._false_starts == MOST_FALSE_STARTS:
            raise WorkersLostError(
                f"{name} was started {MOST_FALSE_STARTS} times and never got ready: it {how}",
                remedy="See what it printed, or: quaero doctor",
            )
        if self._deaths == MOST_DEATHS:
            raise WorkersLostError(
                f"{name} ended {MOST_DEATHS} times in a row soon after its start: it {how}",
                remedy="Which jobs it had: quaero jobs list --state running",
            )
        return float(min(FIRST_WAIT_SECONDS * 2 ** (self._deaths - 1), LONGEST_WAIT_SECONDS))


def _how(code: int) -> str:
    if code < 0:
        return f"was killed ({Signals(-code).name})"
    return f"ended with exit code {code}" if code else "ended"


def _end(act: Callable[[], None]) -> None:
    with contextlib.suppress(ProcessLookupError):
        act()
