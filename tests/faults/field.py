"""A database, workers on several hosts, and what is done to them."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, LiteralString, Self

import psycopg

from tests.faults.host_work import definition, install
from tests.faults.hosts import COMMAND, ROOT, Host, Hosts, Worker

CONCURRENCY = 16
CUT_OFF_SECONDS = 20
STANDS_STILL_SECONDS = 180
"""A run of which nothing ends for so long counts as hanging."""

LOOK_SECONDS = 0.1
ALL_ENDED: LiteralString = "SELECT count(*) FROM jobs WHERE state IN ('completed', 'failed', 'cancelled')"
CHILDREN_ENDED: LiteralString = ALL_ENDED + " AND kind = 'child' AND root_id = %s"
JOB_ENDED: LiteralString = ALL_ENDED + " AND id = %s"


class Field:
    """The database, the hosts' workers, and what became of them."""

    def __init__(self, hosts: Hosts, folder: Path) -> None:
        self._began = time.monotonic()
        self.hosts, self._folder, self.url = hosts, folder, hosts.database()
        install(folder / "packages")
        self._variables = {
            "PYTHONPATH": os.pathsep.join([str(folder / "packages"), str(ROOT)]),
            "HOME": str(folder),
        }
        self.workers: dict[str, Worker] = {}
        self._others: list[Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in [*self.workers.values(), *self._others]:
            process.kill()

    def tell(self, what: str) -> None:
        """Shown by pytest -s, and when it fails."""
        print(f"{time.monotonic() - self._began:6.1f} s  {what}", flush=True)  # noqa: T201

    def start_worker(self, host: Host) -> Worker:
        """A process that works on everything, and has started."""
        log = self._folder / f"{host.name}.log"
        command = ("worker", "--concurrency", str(CONCURRENCY), "--database", self.url)
        self.workers[host.name] = worker = host.start(*command, log=log, variables=self._variables)
        self._wait(lambda: "worker started" in worker.said)
        return worker

    def start_beside(self, host: Host, *command: str) -> None:
        """Another program on the host, which has said something."""
        log = self._folder / f"{host.name}-beside.log"
        self._others.append(process := host.run([sys.executable, *command], log=log))
        self._wait(lambda: bool(process.said))

    def quaero(self, *arguments: str) -> str:
        done = subprocess.run(
            [*COMMAND, *arguments, "--database", self.url],
            env={**os.environ, **self._variables},
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def launch(self, name: str, count: int, lasts_ms: float) -> int:
        """Start a run of so many children for the workers; its id."""
        return self.launch_text(name, definition(name, count, lasts_ms))

    def launch_text(self, name: str, text: str) -> int:
        """The same for the text of a definition."""
        file = self._folder / f"{name}.toml"
        file.write_text(text)
        self.quaero("run", str(file), "--detach")
        return self.number("SELECT max(id) FROM jobs WHERE kind = 'run'")

    def rows(self, question: LiteralString, *parameters: object) -> list[tuple[Any, ...]]:
        """Asked on the server's own machine, as often as it takes: it may just be starting."""
        while True:
            try:
                with psycopg.connect(self.hosts.server.url(self.url.rpartition("/")[2])) as connection:
                    return connection.execute(question, parameters).fetchall()
            except psycopg.OperationalError:
                time.sleep(LOOK_SECONDS)

    def number(self, question: LiteralString, *parameters: object) -> int:
        [(found,)] = self.rows(question, *parameters)
        return int(found)

    def wait_for(self, run_id: int, completed: int) -> None:
        """Until so many children of the run are done."""
        self._wait(lambda: self.ended(run_id) >= completed)

    def wait_for_end(self, run_id: int) -> None:
        self._wait(lambda: self.number(JOB_ENDED, run_id) == 1)

    def ended(self, run_id: int) -> int:
        """How many children of the run are done."""
        return self.number(CHILDREN_ENDED, run_id)

    def _wait(self, happened: Callable[[], bool]) -> None:
        """Until it has happened; fails when nothing at all happens meanwhile."""
        before, since = -1, time.monotonic()
        while not happened():
            now = self.number(ALL_ENDED)
            if now != before:
                before, since = now, time.monotonic()
            stands_still = time.monotonic() - since > STANDS_STILL_SECONDS
            assert not stands_still, {name: worker.said for name, worker in self.workers.items()}
            time.sleep(LOOK_SECONDS)


def disturb(field: Field, run_id: int, jobs: int) -> None:
    """While three hosts work on the run: cut the first off for a while, kill the second's worker, crash the server."""
    cut_off, killed, _ = field.hosts.hosts
    field.tell(f"run of {jobs} children launched, three workers")
    field.wait_for(run_id, jobs // 10)
    cut_off.cut_off()
    field.tell("a tenth done; one host cut off")
    back = threading.Timer(CUT_OFF_SECONDS, cut_off.connect)
    back.start()
    field.wait_for(run_id, jobs // 5)
    field.workers[killed.name].kill()
    field.tell("a fifth done; the worker of another killed")
    field.wait_for(run_id, jobs // 3)
    field.hosts.server.restart("immediate")
    field.tell("a third done; the server crashed and is up again")
    back.join()
    field.tell(f"the host that was cut off for {CUT_OFF_SECONDS} s is back")
