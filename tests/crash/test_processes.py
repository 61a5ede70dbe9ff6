"""Real processes that are killed and stopped at random moments: the run ends as if nothing had happened.

Few trials by default; a long run: `QUAERO_TRIALS=3000 pytest -s tests/crash/test_processes.py`. `QUAERO_SEED` is the
seed of the first trial: with 1 as the number of trials it repeats one that failed.
"""

import asyncio
import os
import random
import shutil
import time
from itertools import cycle
from pathlib import Path

import pytest

from quaero.testing import open_test_engine
from tests.crash.judgement import Expected, Record, faults, trials
from tests.crash.kills import KILLED, Process, Template
from tests.crash.worker_process import Orders
from tests.kit import ScriptManager, ScriptWorker, script_definition, script_step
from tests.places import Place, new_place

SEED = int(os.environ.get("QUAERO_SEED", "1000"))
STATEMENTS = 250
"""About as many as one of several processes executes in a trial."""

LONGEST_LIFE = {"sqlite": 0.12, "postgres": 0.6}
"""Seconds until a process is killed, if it has not died before: PostgreSQL takes longer to begin."""

GONE_SECONDS = 0.1
"""How long the lock of a dead process is missing until its jobs are taken back, where most processes are killed."""

SITE = [
    {"name": f"page {n}", "key": f"page {n}", "document": "text", "fails": int(n == 2)} for n in range(6)
] + [{"name": "lost page", "key": "lost page", "breaks": "http_404"}]
STARTS = [
    {"name": f"start {n}", "key": f"start {n}", "document": "text", "spawn": SITE[n : n + 6]}
    for n in range(2)
]
LEAVES = [
    {"name": "bad leaf", "key": "bad leaf", "breaks": "http_404"},
    {"name": "worn leaf", "key": "worn leaf", "fails": 9},
    {"name": "slow leaf", "key": "slow leaf", "fails": 2, "document": "text"},
    {"name": "leaf", "key": "leaf", "document": "text"},
]
BRANCHES = [
    {"name": f"branch {n}", "key": f"branch {n}", "spawn": LEAVES[n:], "document": "text"} for n in range(2)
]
ROOTS = [{"name": f"root {n}", "spawn": BRANCHES, "document": "text", "fails": n} for n in range(2)]
HOST = "example.org"
LAST = [{"name": f"last {n}", "host": HOST, "lasts": 3} for n in range(5)]
TREE = script_definition(
    script_step("limited", children=STARTS, max_documents=5, concurrency=3),
    script_step("whole", children=ROOTS),
    script_step("after", children=LAST),
)


def all_completed(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "completed")


TREE_EXPECTED = Expected(
    children={
        "limited": all_completed("start 0", "start 1", *(f"page {n}" for n in range(6)))
        | {"lost page": "failed"},
        "whole": all_completed("root 0", "root 1", "branch 0", "branch 1", "slow leaf", "leaf")
        | {"bad leaf": "failed", "worn leaf": "failed"},
        "after": all_completed(*(f"last {n}" for n in range(5))),
    },
    documents={"limited": 5},
    at_once={"limited": 3, HOST: 2},
)


async def launched(url: str) -> int:
    async with open_test_engine(url, [ScriptManager()], [ScriptWorker()]) as engine:
        await engine.control.change_gate("host", HOST, concurrency=2)
        return await engine.control.launch(TREE)


class Trial:
    """Some processes on one database of that kind, their deaths, and the judgement."""

    def __init__(self, template: Template, kind: str, folder: Path, seed: int) -> None:
        self.dice = random.Random(seed)
        folder = folder / str(seed)
        folder.mkdir()
        self.place = new_place(kind, folder)
        self.happened: list[str] = []
        self._template, self._folder, self._seed, self._started = template, folder, seed, 0
        self.run_id = asyncio.run(launched(self.place.url))

    def start(self, **orders: object) -> Process:
        self._started += 1
        base = {
            "url": self.place.url,
            "trace": str(self._folder / f"{self._started}.trace"),
            "run_id": self.run_id,
            "seed": self._seed * 100 + self._started,
        }
        return self._template.start(Orders(**{**base, **orders}))  # type: ignore[arg-type]

    def ended_badly(self, processes: list[Process]) -> list[str]:
        """The complaints of processes that did not end well; waits for their ends."""
        return [
            f"{process.orders.trace} ended with {code}: {process.complaints}"
            for process in processes
            if (code := process.wait()) != 0
        ]

    def judge(self) -> list[str]:
        return asyncio.run(faults(self.place, self.run_id, TREE_EXPECTED))

    def tidy_up(self) -> None:
        """Remove what this trial has written: there may be thousands."""
        self.place.remove()
        shutil.rmtree(self._folder)


def kill_again_and_again(trial: Trial) -> list[str]:
    """Kill random processes at random moments and start others in their place; then let them end the run."""
    unrest = {
        "pauses": trial.dice.choice([0, 30, 100]),
        "work_ms": trial.dice.choice([0, 5]),
        "gone_seconds": GONE_SECONDS,
    }

    def start() -> Process:
        dies_at = trial.dice.randrange(1, STATEMENTS) if trial.dice.random() < 0.6 else 0
        return trial.start(dies_at=dies_at, **unrest)

    processes = [start() for _ in range(trial.dice.randint(2, 4))]
    for _ in range(trial.dice.randint(1, 6)):
        place = trial.dice.randrange(len(processes))
        victim = processes[place]
        victim.ended_within(trial.dice.uniform(0, LONGEST_LIFE[trial.place.name]))
        victim.kill()
        if victim.wait() == KILLED:
            trial.happened.append(f"killed at {victim.place}")
        elif victim.wait() != 0:
            return trial.ended_badly([victim])
        processes[place] = start()
    for victim in processes:
        if victim.orders.dies_at and victim.wait() == KILLED:
            trial.happened.append(f"died at {victim.place}")
    rest = [process for process in processes if not process.orders.dies_at or process.wait() != KILLED]
    return trial.ended_badly([*rest, trial.start(gone_seconds=GONE_SECONDS)])


def test_processes_that_are_killed_at_random_moments_lose_and_repeat_nothing(
    template: Template, place: Place, tmp_path: Path
) -> None:
    record = Record("kill -9")
    for seed in range(SEED, SEED + trials(12)):
        began = time.monotonic()
        trial = Trial(template, place.name, tmp_path, seed)
        found = kill_again_and_again(trial) + trial.judge()
        record.count("processes killed", len(trial.happened))
        record.trial(f"seed {seed} ({time.monotonic() - began:.2f} s)", trial.happened, found)
        if not found:
            trial.tidy_up()
    record.close()


LEASE_MS, HEARTBEAT_MS = 300, 100
MEANWHILE = 0.5
"""Seconds in which another process cannot go on while one stands still inside a transaction."""

UNTIL = {
    "settle": ("while its job is executed again", "until the run has ended", "for some time"),
    "work": ("while its job is executed again", "until the run has ended", "for some time"),
    "heartbeat": ("until the run has ended", "for some time"),
    "fold": ("until the run has ended", "for some time"),
}
"""The places where a process stands still, and how long it does."""

INSIDE = ("settle", "claim", "fold", "plan_and_claim")
"""The transactions in which one does, where that matters."""


def stand_still_past_the_lease(trial: Trial, where: str, after: int, until: str) -> list[str]:
    """Stop a process there until its lease is gone, and another one has done its work or is about to; let it go on."""
    work: dict[str, object] = {
        "lease_ms": LEASE_MS,
        "heartbeat_ms": HEARTBEAT_MS,
        "concurrency": 2,
        "work_ms": 10,
    }
    if where == "heartbeat":
        work["work_ms"] = 2 * HEARTBEAT_MS
    zombie = trial.start(stops_at=where, stops_after=after, **work)
    zombie.wait_until_stopped()
    trial.happened.append(f"stopped before {where} number {after}, at {zombie.place}, {until}")
    if until == "while its job is executed again":
        other = trial.start(stops_at="work again", **work)
        other.wait_until_stopped()
        zombie.go_on()
        zombie.ended_within(trial.dice.uniform(0, LEASE_MS / 1_000))
        other.go_on()
        return trial.ended_badly([zombie, other])
    other = trial.start(**work)
    if until == "until the run has ended":
        other.wait()
    else:
        other.ended_within(trial.dice.uniform(LEASE_MS / 1_000, 2.0))
    zombie.go_on()
    return trial.ended_badly([zombie, other])


def test_processes_that_stand_still_past_their_lease_change_nothing_when_they_go_on(
    template: Template, place: Place, tmp_path: Path
) -> None:
    record = Record("SIGSTOP past the lease")
    for seed in range(SEED, SEED + trials(8)):
        trial = Trial(template, place.name, tmp_path, seed)
        turn, number = divmod(seed - SEED, len(UNTIL))
        where = list(UNTIL)[number]
        until = UNTIL[where][turn % len(UNTIL[where])]
        found = stand_still_past_the_lease(trial, where, trial.dice.randint(1, 4), until) + trial.judge()
        record.trial(f"seed {seed}", trial.happened, found)
        if not found:
            trial.tidy_up()
    record.close()


def test_a_process_that_stands_still_inside_a_transaction_holds_up_the_others_until_it_goes_on(
    template: Template, place: Place, tmp_path: Path
) -> None:
    trial = Trial(template, place.name, tmp_path, SEED)
    zombie = trial.start(stops_at="COMMIT of settle", lease_ms=LEASE_MS, heartbeat_ms=HEARTBEAT_MS)
    zombie.wait_until_stopped()
    other = trial.start(lease_ms=LEASE_MS, heartbeat_ms=HEARTBEAT_MS)

    assert not other.ended_within(MEANWHILE)
    zombie.go_on()

    assert trial.ended_badly([zombie, other]) == []
    assert trial.judge() == []


@pytest.mark.only("postgres", reason="sessions")
def test_a_process_that_stands_still_inside_a_transaction_for_too_long_loses_it_and_nothing_else(
    template: Template, place: Place, tmp_path: Path
) -> None:
    """The server ends its session after ten seconds: the others end the run, whatever it thinks when it goes on."""
    record = Record("SIGSTOP inside a transaction")
    for seed, transition in zip(range(SEED, SEED + trials(1)), cycle(INSIDE), strict=False):
        trial = Trial(template, place.name, tmp_path, seed)
        work = {"lease_ms": LEASE_MS, "heartbeat_ms": HEARTBEAT_MS, "gone_seconds": GONE_SECONDS}
        zombie = trial.start(stops_at=f"COMMIT of {transition}", **work)
        zombie.wait_until_stopped()
        other = trial.start(**work)
        other.wait()
        trial.happened.append(f"stopped in {zombie.place}, until the run had ended")
        zombie.go_on()
        found = trial.ended_badly([zombie, other]) + trial.judge()
        record.trial(f"seed {seed}", trial.happened, found)
        if not found:
            trial.tidy_up()
    record.close()
