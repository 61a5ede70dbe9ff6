"""Ways to find mistakes in the job system. Each gives what it found, or "" when all looked well."""

import asyncio
import itertools
import random
import signal
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import psycopg
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from quaero.models.errors import StoreError
from quaero.store.postgres.commit import MARK
from quaero.store.postgres.connection import Connection
from quaero.store.store import Store
from tests.crash.desks import open_desk
from tests.crash.interleavings import all_pairs, pairs_in_focus, run_pair
from tests.crash.planted import planted
from tests.crash.races import RACES, run_trials
from tests.crash.restart import (
    Crash,
    CrashAt,
    one_in_each_transaction,
    the_dead_are_known_at_once,
    wait_until_left,
)
from tests.crash.scenario import SCENARIOS, Driver, violations
from tests.crash.session_server import Task
from tests.crash.sessions import Session, Sessions, open_sessions
from tests.crash.two_sessions import Bench
from tests.jobs.test_state_machine import JobTrees
from tests.places import Place, new_place, place_at

MEMORY = Path("/dev/shm")
LONG_LEASE_MS, SHORT_LEASE_MS = 60_000, 150
ENDS_WITHIN_SECONDS = 30
PROCESSES = 2
KILLS, STOPS = 3, 3
RACES_IN_A_TRIAL = 3
LONGEST_DELAY = 0.06


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is tried.

    `trials` with processes, random `histories`, all pairs of transitions or the likeliest, a crash at all statements
    also where that takes long; the first `seed`; which scenarios where no mistake is planted (otherwise it is the one
    in which that matters); on which database.
    """

    backend: str = "sqlite"
    trials: int = 8
    histories: int = 100
    all_pairs: bool = False
    all_statements: bool = False
    seed: int = 1
    scenarios: tuple[str, ...] = tuple(SCENARIOS)


T = TypeVar("T")
Method = Callable[[str, Effort], str]


@contextmanager
def folder() -> Iterator[Path]:
    """A folder in memory, if the system has such: what is tested here is not the disk."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        yield Path(name)


@contextmanager
def new_database(backend: str) -> Iterator[Place]:
    """A place for a new store on that database."""
    with folder() as memory:
        place = new_place(backend, memory)
        yield place
        place.remove()


def scenarios_for(plant: str, effort: Effort) -> Sequence[str]:
    """The one in which the mistake matters; without a mistake, those of the effort."""
    if not plant:
        return effort.scenarios
    return [{"settle_ignores_cancel": "cancel", "tolerance_at_the_end": "tolerance"}.get(plant, "crawl")]


def plain_run(plant: str, effort: Effort) -> str:
    """One session executes the run; nothing goes wrong."""
    with planted(plant):
        return _first(_executed(effort.backend, name, None) for name in scenarios_for(plant, effort))


def every_statement(plant: str, effort: Effort) -> str:
    """The process dies before the k-th statement, for every k; the next one goes on.

    On PostgreSQL for one k in each transaction, unless there is time for all.
    """

    def outcomes(name: str) -> Iterator[str]:
        for k in _crash_points(effort, name):
            fault = CrashAt(k)
            found = _executed(effort.backend, name, fault)
            if not fault.statement:
                return
            yield f"{found} (crash before {fault.statement}, the statement {k})" if found else ""

    with planted(plant):
        return _first(found for name in scenarios_for(plant, effort) for found in outcomes(name))


def _crash_points(effort: Effort, name: str) -> Iterable[int]:
    if effort.backend == "sqlite" or effort.all_statements:
        return itertools.count(1)
    whole = CrashAt(None)
    with new_database(effort.backend) as place, suppress(Exception):  # what is wrong with it, others tell
        asyncio.run(_with_store(place, whole, lambda store: Driver(store, SCENARIOS[name]).to_the_end()))
    return one_in_each_transaction(whole.names, effort.seed)


def random_kill(plant: str, effort: Effort) -> str:
    """Two processes with random waits in them; one after the other is killed at a random moment, and replaced."""

    def disturb(sessions: Sessions, dice: random.Random, start: Callable[[], Session]) -> None:
        working = [start() for _ in range(PROCESSES)]
        for _ in range(KILLS):
            victim = working.pop(dice.randrange(PROCESSES))
            victim.ended(dice.uniform(0, LONGEST_DELAY))
            victim.kill()
            working.append(start())

    return _with_processes(plant, effort, LONG_LEASE_MS, disturb)


def stop_past_the_lease(plant: str, effort: Effort) -> str:
    """Two processes; one at a time is stopped (SIGSTOP) for longer than its leases last, and goes on (SIGCONT)."""

    def disturb(sessions: Sessions, dice: random.Random, start: Callable[[], Session]) -> None:
        working = [start() for _ in range(PROCESSES)]
        for _ in range(STOPS):
            victim = dice.choice(working)
            victim.ended(dice.uniform(0, LONGEST_DELAY))
            victim.send(signal.SIGSTOP)
            victim.ended(SHORT_LEASE_MS / 1000 * dice.uniform(1.2, 1.8))
            victim.send(signal.SIGCONT)

    return _with_processes(plant, effort, SHORT_LEASE_MS, disturb)


def two_sessions(plant: str, effort: Effort) -> str:
    """Pairs of transitions, one of which stands still in the middle of what it does."""

    async def pairs() -> str:
        with folder() as memory:
            async with open_desk(effort.backend, memory) as desk:
                with planted(plant):
                    bench, dice = Bench(desk), random.Random(effort.seed)
                    pairs = all_pairs(desk.bases) if effort.all_pairs else pairs_in_focus(desk.bases)
                    for pair in pairs:
                        try:
                            await run_pair(bench, pair, None if pair.base.name == "narrow" else dice)
                        except Exception as error:  # noqa: BLE001 - whatever goes wrong is a finding
                            return _told(error, *getattr(error, "__notes__", ()))
        return ""

    return asyncio.run(pairs())


def races(plant: str, effort: Effort) -> str:
    """Two stores do two things in the same moment."""
    with planted(plant):
        for name, race in RACES.items():
            with folder() as place:
                try:
                    count = effort.trials * RACES_IN_A_TRIAL
                    asyncio.run(run_trials(race, effort.backend, place, count, effort.seed))
                except Exception as error:  # noqa: BLE001 - whatever goes wrong is a finding
                    return _told(error, f"in {name}")
    return ""


def random_histories(plant: str, effort: Effort) -> str:
    """The state machine: one session, random transitions, compared with the model after each."""
    profile = settings(
        max_examples=effort.histories,
        stateful_step_count=30,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=tuple(HealthCheck),
    )
    with planted(plant), the_dead_are_known_at_once():
        try:
            run_state_machine_as_test(
                lambda: JobTrees(effort.backend),  # type: ignore[arg-type]
                settings=profile,
            )
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is a finding
            return _told(error)
    return ""


class LoseAnswer:
    """Cuts the connection at the k-th commit that stores something: when it has taken place, or before it does."""

    def __init__(self, k: int, *, arrives: bool) -> None:
        self.k, self.arrives, self.count = k, arrives, 0
        self._stores: set[Connection] = set()

    def method(self) -> Callable[..., Any]:
        """In place of the connection's own `execute`."""

        def execute(connection: Connection, *arguments: Any, **options: Any) -> Any:
            return self._execute(connection, *arguments, **options)

        return execute

    def _execute(self, connection: Connection, query: Any, *arguments: Any, **options: Any) -> Any:
        ends = query == b"COMMIT" and connection in self._stores
        self.count += ends
        if query in (MARK, b"COMMIT"):
            (self._stores.add if query == MARK else self._stores.discard)(connection)
        if not ends or self.count != self.k:
            return psycopg.Connection.execute(connection, query, *arguments, **options)
        if self.arrives:
            psycopg.Connection.execute(connection, query, *arguments, **options)
            assert connection._pipeline is not None
            connection._pipeline.sync()
        connection.close()
        raise psycopg.OperationalError("the connection was lost")


def lost_answers(plant: str, effort: Effort) -> str:
    """The connection is lost in the k-th commit, for every k; the same process goes on. PostgreSQL alone."""

    def outcomes(name: str) -> Iterator[str]:
        for k in itertools.count(1):
            fault = LoseAnswer(k, arrives=bool(k % 2))
            with patch.object(Connection, "execute", fault.method()):
                found = _executed(effort.backend, name, None)
            if fault.count < k:
                return
            yield f"{found} (lost in commit {k}, {fault.arrives=})" if found else ""

    with planted(plant):
        return _first(found for name in scenarios_for(plant, effort) for found in outcomes(name))


METHODS: dict[str, Method] = {
    "plain run": plain_run,
    "every statement": every_statement,
    "random kill": random_kill,
    "stop past the lease": stop_past_the_lease,
    "two sessions": two_sessions,
    "races": races,
    "random histories": random_histories,
    "lost answers": lost_answers,
}
CERTAIN = ("plain run", "every statement", "two sessions", "random histories", "lost answers")
"""Those that find the same things every time."""


def methods_for(backend: str) -> dict[str, Method]:
    """A file has no connection that can be lost."""
    return METHODS if backend == "postgres" else {k: v for k, v in METHODS.items() if v is not lost_answers}


def _executed(backend: str, name: str, fault: CrashAt | None) -> str:
    """Execute the scenario, again after the crash if there is one; what is wrong then."""
    with new_database(backend) as place, the_dead_are_known_at_once():
        return asyncio.run(_execute(place, name, fault))


async def _execute(place: Place, name: str, fault: CrashAt | None) -> str:
    scenario = SCENARIOS[name]
    if fault is not None:
        try:
            await _with_store(place, fault, lambda store: Driver(store, scenario).to_the_end())
        except (StoreError, Crash):
            if not fault.statement:
                raise
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is a finding
            return _told(error)
        if not fault.statement:
            return ""
        wait_until_left(place)

    async def finish_and_judge(store: Store) -> str:
        await Driver(store, scenario).to_the_end()
        return _first(await violations(store, scenario))

    try:
        return await _with_store(place, None, finish_and_judge)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is a finding
        return _told(error)


async def _with_store(place: Place, fault: CrashAt | None, use: Callable[[Store], Awaitable[T]]) -> T:
    store = place.store(before_statement=fault)
    try:
        return await use(store)
    finally:
        await store.close()


Disturb = Callable[[Sessions, random.Random, Callable[[], Session]], None]


def _with_processes(plant: str, effort: Effort, lease_ms: int, disturb: Disturb) -> str:
    with open_sessions() as sessions:
        for name, trial in itertools.product(scenarios_for(plant, effort), range(effort.trials)):
            seed = effort.seed + trial
            with folder() as memory, new_database(effort.backend) as place:
                found = _trial(
                    sessions, Task(place.url, str(memory / "error"), name, plant, seed, lease_ms), disturb
                )
            if found:
                return f"{found} (seed {seed})"
    return ""


def _trial(sessions: Sessions, task: Task, disturb: Disturb) -> str:
    """One run with disturbances, then left alone until it ends; what is wrong then."""
    dice = random.Random(task.seed)
    started: list[Session] = []

    def start() -> Session:
        task.seed += 1_000_003  # waits of its own for each process
        started.append(sessions.start(task))
        return started[-1]

    disturb(sessions, dice, start)
    start()
    for session in started:
        if not session.ended(ENDS_WITHIN_SECONDS):
            sessions.kill_all()
            return "the run does not end"
        if session.code not in (0, -signal.SIGKILL):
            told = Path(task.error).read_text(encoding="utf-8") if session.code == 1 else ""
            return f"a process ended with {session.code}: {told.strip().splitlines()[-1:]}"
    return asyncio.run(_judge(place_at(task.url), task.scenario))


async def _judge(place: Place, name: str) -> str:
    async def judge(store: Store) -> str:
        return _first(await violations(store, SCENARIOS[name]))

    return await _with_store(place, None, judge)


def _first(found: "Iterator[str] | list[str]") -> str:
    return next((each for each in found if each), "")


def _told(error: BaseException, *notes: str) -> str:
    lines = str(error).splitlines() or [""]
    return " ".join([f"{type(error).__name__}: {lines[0]}"[:300], *notes])
