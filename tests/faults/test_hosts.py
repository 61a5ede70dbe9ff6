"""Three hosts work on a run; one is cut off, one is killed, the server crashes: the run ends exact by itself.

A long run: `QUAERO_JOBS=50000 pytest -s tests/faults/test_hosts.py`.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.crash.judgement import faults
from tests.faults.host_work import definition, expected, install
from tests.faults.hosts import COMMAND, ROOT, Host, Hosts, Worker, lacking
from tests.places import PostgresPlace

pytestmark = pytest.mark.only("postgres", reason="hosts")

JOBS = int(os.environ.get("QUAERO_JOBS", "2000"))
CONCURRENCY = 16
UNDISTURBED_SECONDS = 10
"""How long three hosts would take about for the run."""

CUT_OFF_SECONDS = 20
ENDS_WITHIN_SECONDS = 120 + JOBS / 100
LOOK_SECONDS = 0.1


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    reason = lacking()
    if reason is not None:
        sys.stderr.write(f"\nNOT TESTED: {reason}\n")
        pytest.skip(reason)
    with Hosts(3) as hosts:
        yield hosts


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

    def tell(self, what: str) -> None:
        """Shown by pytest -s, and when it fails."""
        print(f"{time.monotonic() - self._began:6.1f} s  {what}", flush=True)  # noqa: T201

    def start_worker(self, host: Host) -> Worker:
        self.workers[host.name] = worker = host.start(
            *("worker", "--concurrency", str(CONCURRENCY), "--database", self.url),
            log=self._folder / f"{host.name}.log",
            variables=self._variables,
        )
        return worker

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
        file = self._folder / f"{name}.toml"
        file.write_text(definition(name, count, lasts_ms))
        self.quaero("run", str(file), "--detach")
        [(run_id,)] = self.rows("SELECT max(id) FROM jobs WHERE kind = 'run'")
        return int(run_id)

    def rows(self, question: str) -> list[tuple[object, ...]]:
        """Asked on the server's own machine, as often as it takes: it may just be starting."""
        while True:
            try:
                with psycopg.connect(self.hosts.server.url(self.url.rpartition("/")[2])) as connection:
                    return connection.execute(question.encode()).fetchall()
            except psycopg.OperationalError:
                time.sleep(LOOK_SECONDS)

    def wait_for(self, run_id: int, completed: int) -> None:
        """Until so many children of the run are done."""
        question = f"SELECT count(*) FROM jobs WHERE root_id = {run_id} AND kind = 'child' AND state = 'completed'"
        self._wait(lambda: int(str(self.rows(question)[0][0])) >= completed)

    def wait_for_end(self, run_id: int) -> None:
        question = f"SELECT state IN ('completed', 'failed', 'cancelled') FROM jobs WHERE id = {run_id}"
        self._wait(lambda: self.rows(question) == [(True,)])

    def _wait(self, happened: Callable[[], bool]) -> None:
        until = time.monotonic() + ENDS_WITHIN_SECONDS
        while not happened():
            assert time.monotonic() < until, {name: worker.said for name, worker in self.workers.items()}
            time.sleep(LOOK_SECONDS)


@pytest.fixture
def field(hosts: Hosts, tmp_path: Path) -> Iterator[Field]:
    field = Field(hosts, tmp_path)
    yield field
    for worker in field.workers.values():
        worker.kill()


def test_a_run_ends_exact_while_one_host_is_cut_off_one_is_killed_and_the_server_crashes(field: Field) -> None:
    cut_off, killed, other = field.hosts.hosts
    for host in field.hosts.hosts:
        field.start_worker(host)
    run_id = field.launch("main", JOBS, UNDISTURBED_SECONDS * 1_000 * CONCURRENCY * 3 / JOBS)
    field.tell(f"run of {JOBS} children launched, three workers")

    field.wait_for(run_id, JOBS // 10)
    cut_off.cut_off()
    cut_off_at = time.monotonic()
    field.tell("a tenth done; one host cut off")
    field.wait_for(run_id, JOBS // 5)
    field.workers[killed.name].kill()
    field.tell("a fifth done; the worker of another killed")
    field.wait_for(run_id, JOBS // 3)
    field.hosts.server.restart("immediate")
    field.tell("a third done; the server crashed and is up again")
    time.sleep(max(0.0, cut_off_at + CUT_OFF_SECONDS - time.monotonic()))
    cut_off.connect()
    field.tell(f"the host is back after {CUT_OFF_SECONDS} s")
    field.wait_for_end(run_id)
    field.tell("the run has ended")

    field.workers[other.name].stop()
    again = field.launch("again", CONCURRENCY * 2, 0)
    field.wait_for_end(again)  # by the host that was cut off
    place = PostgresPlace(field.url)
    assert asyncio.run(faults(place, run_id, expected(JOBS))) == []
    assert asyncio.run(faults(place, again, expected(CONCURRENCY * 2))) == []
    field.quaero("db", "check")
    back = field.workers[cut_off.name]
    assert back.alive
    assert back.said.count("cannot be reached") == back.said.count("there again after") == 1, back.said
    assert back.stop() == 0
    field.tell("all judged")
