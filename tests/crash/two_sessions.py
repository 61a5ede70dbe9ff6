"""Two sessions on one file, scripted: one stops before a chosen statement, the other does something meanwhile.

Whatever they do, it must have come out as if one had gone after the other, with every invariant kept, also while the
first one stands still; and the trees must be able to come to their end.
"""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from quaero.models.errors import QuaeroError
from quaero.store.check import check
from quaero.store.sqlite.backend import SqliteBackend
from quaero.store.store import Store
from quaero.store.transaction import Transaction
from quaero.testing import SettableClock
from tests.crash.bases import Base, finish, illegal

SECONDS = 30
RANDOM_COLUMNS = {"lease_owner", "owner"}
TABLES = (
    "jobs", "runs", "run_needs", "gates", "duties", "progress", "work_keys", "frontier", "events", "log_lines",
    "documents",
)  # fmt: skip

Act = Callable[[Store, Base], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Transition:
    """Something that a session can do to the base's tree.

    `repeats`: it looks again after its transaction whether there is more to do, and so takes in what others did.
    """

    name: str
    act: Act
    repeats: bool = False


class Violation(Exception):
    """What two sessions did is not what they would have done one after the other."""


class StopBefore:
    """Lets a writer stand still before its k-th statement from `begin` on, until it is released."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.k = 0
        self.reached, self._go = asyncio.Event(), threading.Event()
        self._loop = asyncio.get_running_loop()

    def begin(self, k: int) -> None:
        self.names, self.k = [], k

    def __call__(self, statement: str) -> None:
        self.names.append(statement)
        if len(self.names) == self.k:
            self._loop.call_soon_threadsafe(self.reached.set)
            self._go.wait(SECONDS)

    def release(self) -> None:
        self._go.set()


@asynccontextmanager
async def session(path: Path, base: Base, stop: StopBefore | None = None) -> AsyncIterator[Store]:
    """A store on the file, at the moment at which the base was made."""
    clock = SettableClock()
    clock.advance(base.elapsed_ms)
    store = Store(SqliteBackend(path, clock=clock, before_statement=stop))
    try:
        yield store
    finally:
        if stop is not None:
            stop.release()
        await store.close()


Outcome = tuple[list[object], dict[str, list[str]]]
"""What the two answered, and what is stored then."""


class Bench:
    """Runs pairs of transitions from copies of the bases, one after the other and at once.

    What is stored after a pair is judged once, however many ways lead there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cases = 0
        self.statements: dict[tuple[str, str], list[str]] = {}
        self._serial: dict[tuple[str, str, str, bool], Outcome] = {}
        self._judged: set[int] = set()

    async def serial(
        self, base: Base, first: Transition, second: Transition, *, again: bool = False
    ) -> Outcome:
        """Do one after the other, and the first one once more if `again`. Notes the statements of the first one."""
        key = (base.name, first.name, second.name, again)
        if key not in self._serial:
            path, stop = self._copy(base), StopBefore()
            async with session(path, base, stop) as a, session(path, base) as b:
                results = [await result_of(first.act(a, base))]
                self.statements[base.name, first.name] = list(stop.names)
                results.append(await result_of(second.act(b, base)))
                if again:
                    await result_of(first.act(a, base))
                self._serial[key] = results, contents(path)
                await self._judge(a, self._serial[key])
            self.cases += 1
        return self._serial[key]

    async def at_once(self, base: Base, first: Transition, second: Transition, k: int) -> None:
        """The first stops before its k-th statement while the second goes on, as far as it can."""
        results, then = await self.serial(base, second, first)
        possible = [await self.serial(base, first, second), (results[::-1], then)]
        if first.repeats:
            possible.append(await self.serial(base, first, second, again=True))
        path = self._copy(base)
        stop, waits = StopBefore(), asyncio.Event()
        async with asyncio.timeout(SECONDS), session(path, base, stop) as a, session(path, base) as b:
            await _tell_when_locked(b, waits)
            stop.begin(k)
            ahead = asyncio.ensure_future(result_of(first.act(a, base)))
            await _first_of(ahead, stop.reached)
            behind = asyncio.ensure_future(result_of(second.act(b, base)))
            await _first_of(behind, waits)
            seen = await b.backend.read(check)
            stop.release()
            outcome = [await ahead, await behind], contents(path)
        self.cases += 1
        if seen:
            raise Violation(f"while the first stood still: {seen[0].invariant}: {seen[0].text}")
        if outcome not in possible:
            raise Violation(f"no order of the two gives this: {_difference(outcome, possible)}")

    async def _judge(self, store: Store, outcome: Outcome) -> None:
        stored = hash(repr(outcome[1]))
        if stored not in self._judged:
            await _must_be_sound(store)
            await finish(store)
            await _must_be_sound(store)
            self._judged.add(stored)

    def _copy(self, base: Base) -> Path:
        path = self.folder / "case.db"
        for old in self.folder.glob("case.db*"):
            old.unlink()
        shutil.copyfile(base.path, path)
        return path


async def _must_be_sound(store: Store) -> None:
    wrong = [f"{finding.invariant}: {finding.text}" for finding in await store.backend.read(check)]
    wrong += await illegal(store)
    if wrong:
        raise Violation(wrong[0])


def _difference(outcome: Outcome, possible: list[Outcome]) -> str:
    told = []
    for results, stored in possible:
        if outcome[0] != results:
            told.append(f"the answers {outcome[0]}, not {results}")
        told += [
            f"{table} {sorted(odd)[:2]}"
            for table in TABLES
            if (odd := set(outcome[1][table]) ^ set(stored[table]))
        ]
    return "; ".join(told)[:1_000]


async def result_of(work: Awaitable[Any]) -> object:
    """What came of it; a refusal is a result, any other error is not."""
    try:
        found = await work
    except QuaeroError as error:
        return type(error).__name__
    jobs = getattr(found, "jobs", None)
    return found if jobs is None else [(job.id, job.lease_number) for job in jobs]


async def _first_of(work: "asyncio.Future[Any]", event: asyncio.Event) -> None:
    waiting = asyncio.ensure_future(event.wait())
    await asyncio.wait([work, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


async def _tell_when_locked(store: Store, waits: asyncio.Event) -> None:
    """Set the event as soon as a transaction of this store has to wait for another one's."""
    loop = asyncio.get_running_loop()
    pause = threading.Event()

    def locked(calls: int) -> bool:
        loop.call_soon_threadsafe(waits.set)
        pause.wait(0.0005)
        return calls < SECONDS * 2_000

    def set_handler(tx: Transaction) -> None:  # in the writer's thread, whose connection it is
        backend = store.backend
        assert isinstance(backend, SqliteBackend)
        backend._writer._connection.set_busy_handler(locked)

    await store.backend.write(set_handler)


def contents(path: Path) -> dict[str, list[str]]:
    """Everything that is stored, but for names that are chosen by lot."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    found = {}
    for table in TABLES:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        kept = ", ".join(column for column in columns if column not in RANDOM_COLUMNS)
        found[table] = sorted(map(repr, connection.execute(f"SELECT {kept} FROM {table}")))  # noqa: S608 - our names
    connection.close()
    return found
