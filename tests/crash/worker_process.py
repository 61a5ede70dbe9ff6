"""Processes that work on a store, made to be killed and stopped.

`python -m tests.crash.worker_process` is the template: it has imported everything and has one thread, so that a worker
is a fork of it, some milliseconds away. It takes orders, one JSON object a line, and answers each with one
(see `tests.crash.kills`).
"""

import asyncio
import ctypes
import json
import mmap
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

import quaero.jobs.worker.job_processor  # noqa: F401 - imported before the forks, not in each
from quaero.jobs.engine import Engine
from quaero.jobs.worker import JobContext
from quaero.models.errors import QuaeroError
from quaero.models.job import Job
from quaero.models.outcome import LogLevel, Outcome
from quaero.settings import QueueSettings
from quaero.store.backend import Backend
from quaero.store.postgres import backend as _postgres  # noqa: F401 - likewise
from quaero.store.postgres import owners
from quaero.store.sqlite import connection
from quaero.store.sqlite.backend import SqliteBackend
from quaero.testing import open_test_engine
from tests.kit import ScriptManager, ScriptWorker

T = TypeVar("T")

TRACE_SIZE = 256
EFFECT = "effect of attempt"
PR_SET_PDEATHSIG = 1

libc = ctypes.CDLL(None)


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is to do in the database at `url`. `trace` is the file that tells how far it came.

    `pauses`: of 1,000 statements so many are preceded by a wait of up to `pause_ms`. `work_ms`: how long a job takes
    at most. `dies_at`: the number of the statement before which it kills itself. `stops_at`: the place where it stops
    (SIGSTOP) when it comes there for the `stops_after`-th time: the name of a transition, before it begins; "work",
    while a job is executed, "work again", while one is that another process lost; "COMMIT of" a transition, inside it.
    `busy_timeout_ms`, `pages`: how long an SQLite file may be locked, and how many pages it may have.
    `gone_seconds`: how long the lock of another process must be missing on PostgreSQL before that counts as dead.
    """

    url: str
    trace: str
    run_id: int
    seed: int = 0
    lease_ms: int = 60_000
    heartbeat_ms: int = 20_000
    max_lost_leases: int = 1_000
    concurrency: int = 4
    pauses: int = 0
    pause_ms: float = 4.0
    work_ms: float = 0.0
    dies_at: int = 0
    stops_at: str = ""
    stops_after: int = 1
    busy_timeout_ms: int | None = None
    pages: int | None = None
    gone_seconds: float | None = None
    alone: bool = False


class Trace:
    """The last place that a process came to, in a file that outlives it."""

    def __init__(self, path: str) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(descriptor, TRACE_SIZE)
        self._map = mmap.mmap(descriptor, TRACE_SIZE)
        os.close(descriptor)

    def write(self, place: str) -> None:
        self._map[:TRACE_SIZE] = place.encode()[:TRACE_SIZE].ljust(TRACE_SIZE, b"\0")


class Unrest:
    """Waits, dies or stops where the orders say."""

    def __init__(self, orders: Orders) -> None:
        self._orders, self._dice = orders, random.Random(orders.seed)
        self._trace = Trace(orders.trace)
        self._reached: Counter[str] = Counter()
        self._statements = 0
        self._inside = threading.local()  # which transition this thread of a writer executes
        self._writes = 0
        self._idle = asyncio.Event()

    def before_statement(self, name: str) -> None:
        """Called in a thread of the writer."""
        self._statements += 1
        transition = getattr(self._inside, "transition", "?")
        self._trace.write(f"{name} of {transition}, statement {self._statements}")
        if self._statements == self._orders.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if name == "COMMIT" and self._is_due(f"COMMIT of {transition}"):
            stand_still()
        if self._dice.randrange(1_000) < self._orders.pauses:
            time.sleep(self._dice.uniform(0, self._orders.pause_ms) / 1_000)

    async def come_to(self, place: str) -> None:
        """Stop here if it is the place to stop, outside of any transaction: others can go on."""
        if self._is_due(place):
            while self._writes:
                self._idle.clear()
                await self._idle.wait()
            stand_still()

    def _is_due(self, place: str) -> bool:
        self._reached[place] += 1
        return place == self._orders.stops_at and self._reached[place] == self._orders.stops_after

    async def work(self, job: Job) -> None:
        """What a job does all the time."""
        await self.come_to("work again" if job.lost_leases else "work")
        await asyncio.sleep(self._dice.uniform(0, self._orders.work_ms) / 1_000)

    def watch(self, backend: Backend) -> None:
        """Come to the place of every transition before it begins."""
        write = backend.write

        async def watched(function: Callable[..., T], *arguments: Any) -> T:
            name = getattr(function, "__name__", "?")
            await self.come_to(name)

            def named(*inside: Any) -> T:
                self._inside.transition = name
                return function(*inside)

            self._writes += 1
            try:
                return await write(named, *arguments)
            finally:
                self._writes -= 1
                if not self._writes:
                    self._idle.set()

        backend.write = watched  # type: ignore[method-assign]


def stand_still() -> None:
    """SIGSTOP, until somebody sends SIGCONT."""
    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)  # this thread first; the others follow


class RestlessWorker(ScriptWorker):
    """Scripts have two more keys: `kills` ends the process, `lasts` (milliseconds) takes its time.

    What an execution leaves behind tells which one it was.
    """

    def __init__(self, unrest: Unrest) -> None:
        super().__init__()
        self._unrest = unrest

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        execution = f"{EFFECT} {job.attempt} in process {os.getpid()}"
        context.log(execution, LogLevel.INFO)
        await self._unrest.work(job)
        await asyncio.sleep(job.config.get("lasts", 0) / 1_000)
        if job.config.get("kills"):
            os.kill(os.getpid(), signal.SIGKILL)
        if "document" in job.config:
            text = job.config["document"] + execution
            job = msgspec.structs.replace(job, config={**job.config, "document": text})
        return await super().execute(job, context)


async def work(orders: Orders) -> None:
    """Work until the run has ended."""
    unrest = Unrest(orders)
    queue = QueueSettings(
        orders.concurrency, orders.lease_ms, orders.heartbeat_ms, max_lost_leases=orders.max_lost_leases
    )
    async with open_test_engine(
        orders.url,
        [ScriptManager()],
        [RestlessWorker(unrest)],
        queue=queue,
        before_statement=unrest.before_statement,
    ) as engine:
        unrest.watch(engine.store.backend)
        if orders.pages is not None:
            assert isinstance(engine.store.backend, SqliteBackend)
            engine.store.backend._writer._connection.pragma("max_page_count", orders.pages)
        await _until_the_end(engine, orders.run_id, alone=orders.alone)


async def _until_the_end(engine: Engine, run_id: int, *, alone: bool) -> None:
    """Work until the run has ended; `alone`: on nothing else, as `quaero run` does."""
    async with engine.working(run_id if alone else None) as working:
        end = asyncio.create_task(_follow(engine, run_id))
        failure = asyncio.create_task(working.failure())
        done, pending = await asyncio.wait({end, failure}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for task in done:
            task.result()


async def _follow(engine: Engine, run_id: int) -> None:
    async for _ in engine.hub.follow(run_id):
        pass


def _be_worker(orders: Orders) -> None:
    """What a fork of the template does; never returns. Complaints go to the file beside the trace."""
    code = 1
    try:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        nowhere = os.open(os.devnull, os.O_RDWR)
        complaints = os.open(f"{orders.trace}.err", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for target, source in ((0, nowhere), (1, nowhere), (2, complaints)):
            os.dup2(source, target)
        random.seed(orders.seed)
        if orders.busy_timeout_ms is not None:
            connection.BUSY_TIMEOUT_MS = orders.busy_timeout_ms
        if orders.gone_seconds is not None:
            owners.GONE_SECONDS = orders.gone_seconds
        asyncio.run(work(orders))
        code = 0
    except QuaeroError as error:
        sys.stderr.write(f"error: {error.line()}\n")
        code = error.exit_code
    except BaseException:  # noqa: BLE001 - the process ends here, whatever it was
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _obey(order: dict[str, Any]) -> dict[str, Any]:
    if order["do"] == "start":
        pid = os.fork()
        if pid == 0:
            _be_worker(msgspec.convert(order["orders"], Orders))
        return {"pid": pid}
    _, status = os.waitpid(order["pid"], os.WUNTRACED if order["do"] == "see stopped" else 0)
    if os.WIFSTOPPED(status):
        return {"stopped": True}
    return {"code": os.waitstatus_to_exitcode(status)}


def main() -> None:
    while line := sys.stdin.buffer.readline():  # not a line more: forks would share what was read ahead
        answer = _obey(json.loads(line))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
