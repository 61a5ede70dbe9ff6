"""A process that forks workers on demand, so that each of them starts in milliseconds.

Reads a task a line (JSON of `Task`) and answers with the worker's process id; the line "reap PID" is answered with its
exit code, negative for a signal. Ends, with its workers, when its input ends.
"""

import asyncio
import contextlib
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

import msgspec

from tests.crash.planted import planted
from tests.crash.restart import the_dead_are_known_at_once
from tests.crash.scenario import SCENARIOS, Driver
from tests.places import place_at

PATIENCE_SECONDS = 3.0
WAIT_CHANCE = 0.1
LONGEST_WAIT_SECONDS = 0.003
LONGEST_GAP_SECONDS = 0.012
LONGEST_WORK_SECONDS = 0.015


class Task(msgspec.Struct):
    """Work on a scenario's run in the database at `url`, with this mistake in the code and waits of this seed.

    `error`: the file for what goes wrong.
    """

    url: str
    error: str
    scenario: str
    plant: str
    seed: int
    lease_ms: int


class Waits:
    """Widens the gaps between statements, and above all between transactions, where nobody is held up.

    On PostgreSQL, where several write at once, each thread throws the dice.
    """

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)

    def __call__(self, statement: str) -> None:
        if statement == "DELIVER":
            time.sleep(self.dice.uniform(0, LONGEST_GAP_SECONDS) ** 1.5 * 4)
        elif self.dice.random() < WAIT_CHANCE:
            time.sleep(self.dice.uniform(0, LONGEST_WAIT_SECONDS))


async def work(task: Task) -> None:
    dice = random.Random(task.seed + 1)

    async def take_a_while() -> None:
        await asyncio.sleep(dice.uniform(0, LONGEST_WORK_SECONDS))

    store = place_at(task.url).store(before_statement=Waits(task.seed))
    driver = Driver(
        store,
        SCENARIOS[task.scenario],
        lease_ms=task.lease_ms,
        patience=PATIENCE_SECONDS,
        work=take_a_while,
    )
    await driver.to_the_end()
    await store.close()


def fork(task: Task) -> int:
    """Start a worker; its process id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        with planted(task.plant), the_dead_are_known_at_once():
            asyncio.run(work(task))
        code = 0
    except BaseException:  # noqa: BLE001 - told in a file, as nobody else can
        Path(task.error).write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(code)


def serve() -> None:
    workers: set[int] = set()
    for line in sys.stdin:
        if line.startswith("reap "):
            pid = int(line.split()[1])
            _, status = os.waitpid(pid, 0)
            workers.discard(pid)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = fork(msgspec.json.decode(line, type=Task))
            workers.add(answer)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    for pid in workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    serve()
