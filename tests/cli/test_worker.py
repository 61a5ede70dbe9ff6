"""`quaero worker` and `quaero serve`, as the processes that they are."""

import asyncio
import os
import select
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from quaero.cli import worker_processes
from quaero.cli.worker_processes import WorkerProcesses, WorkersLostError
from tests.cli.calling import Caller, end_of, lines_until, running
from tests.cli.desk import SECONDS, Desk


def detached(quaero: Caller, desk: Desk, count: int = 1, name: str = "desk", step: str = "") -> str:
    """A run that is left to others; its id."""
    file = str(desk.definition(name, count=count, step=step))
    return str(quaero("run", file, "--detach", "--json").json["id"])


def children(quaero: Caller, run_id: str) -> dict[str, int]:
    counts = quaero("jobs", "show", run_id, "--json").json["children"]
    return {state: count for state, count in counts.items() if count}


def is_sound(quaero: Caller) -> bool:
    return bool(quaero("db", "check", "--json").json["sound"])


def wait_until_gone(pid: int) -> None:
    """Until a process, which need not be our child, has ended."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([process], [], [], SECONDS)[0], f"process {pid} is still there"
    finally:
        os.close(process)


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_worker_works_off_what_was_left_to_it_and_ends_when_nothing_is_left(
    quaero: Caller, desk: Desk, processes: str
) -> None:
    run_ids = [detached(quaero, desk, 5, name) for name in ("one", "two")]
    desk.open()
    with running("worker", "--processes", processes, "--until-idle") as worker:
        result = end_of(worker)
    assert (result.code, result.err) == (0, "")
    started = [line for line in result.out.splitlines() if "started" in line]
    stopped = [line for line in result.out.splitlines() if "stopped" in line]
    assert (len(started), len(stopped)) == (int(processes), int(processes))
    assert [children(quaero, run_id) for run_id in run_ids] == [{"total": 5, "completed": 5}] * 2
    assert is_sound(quaero)


def test_without_anything_open_it_ends_at_once_also_beside_a_paused_run(quaero: Caller, desk: Desk) -> None:
    run_id = detached(quaero, desk)
    assert quaero("jobs", "pause", run_id).code == 0
    with running("worker", "--until-idle") as worker:
        assert end_of(worker).code == 0
    assert desk.empty


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_worker_that_is_stopped_finishes_what_runs_and_begins_nothing(
    quaero: Caller, desk: Desk, processes: str, number: signal.Signals, code: int
) -> None:
    run_id = detached(quaero, desk, 3, step="concurrency = 1")
    with running("worker", "--processes", processes) as worker:
        for _ in range(int(processes)):
            lines_until(worker, "started: pid ")
        visitor = desk.next()
        worker.send_signal(number)
        lines_until(worker, "stopping: ")
        for _ in range(int(processes) if processes != "1" else 0):
            lines_until(worker, "worker ")  # each of them has got it: one stops, one has stopped
        visitor.release()
        assert end_of(worker).code == code
    assert children(quaero, run_id) == {"total": 3, "pending": 2, "completed": 1}
    assert (desk.empty, is_sound(quaero)) == (True, True)
    assert quaero("jobs", "workers", "--json").json["items"] == []


def test_what_does_not_finish_in_time_goes_back_to_the_queue(
    quaero: Caller, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUAERO_QUEUE_GRACE", "50ms")
    run_id = detached(quaero, desk)
    with running("worker") as worker:
        visitor = desk.next()
        worker.send_signal(signal.SIGTERM)
        visitor.wait_until_gone()
        assert end_of(worker).code == 0
    assert children(quaero, run_id) == {"total": 1, "pending": 1}
    [job] = quaero("jobs", "list", "--type", "desk_job", "--json").json["items"]
    assert job["attempt"] == 0
    assert is_sound(quaero)


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_second_signal_ends_a_worker_at_once(quaero: Caller, desk: Desk, processes: str) -> None:
    detached(quaero, desk)
    with running("worker", "--processes", processes) as worker:
        visitor = desk.next()
        worker.send_signal(signal.SIGTERM)
        lines_until(worker, "stopping")
        worker.send_signal(signal.SIGTERM)
        assert end_of(worker).code == 130
        visitor.wait_until_gone()
        wait_until_gone(visitor.pid)


def test_a_worker_that_is_killed_is_replaced_and_the_run_ends_exact(quaero: Caller, desk: Desk) -> None:
    run_id = detached(quaero, desk, 500)
    desk.open()
    with running("worker", "--processes", "3", "--concurrency", "10", "--until-idle") as worker:
        visitors = [desk.next() for _ in range(150)]
        victim = visitors[-1].pid
        os.kill(victim, signal.SIGKILL)
        result = end_of(worker)
    assert result.code == 0
    assert "was killed (SIGKILL); another one starts in" in result.out
    assert children(quaero, run_id) == {"total": 500, "completed": 500}
    assert quaero("documents", "list", "--limit", "1", "--json").json["total"] == 500
    assert is_sound(quaero)
    while not desk.empty:
        visitors.append(desk.next())
    executed = Counter(visitor.name for visitor in visitors)
    assert len(executed) == 500
    assert {visitor.name for visitor in visitors if executed[visitor.name] > 1} <= {
        visitor.name for visitor in visitors if visitor.pid == victim
    }


def test_workers_end_when_the_process_that_keeps_them_is_killed(
    quaero: Caller, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUAERO_QUEUE_GRACE", "50ms")
    detached(quaero, desk, 2)
    with running("worker", "--processes", "2", "--concurrency", "1") as worker:
        visitors = [desk.next(), desk.next()]
        worker.kill()
        for visitor in visitors:
            visitor.wait_until_gone()
            wait_until_gone(visitor.pid)
    assert len({visitor.pid for visitor in visitors}) == 2


def test_a_worker_takes_only_the_types_that_it_is_told(quaero: Caller, desk: Desk) -> None:
    run_id = detached(quaero, desk)
    desk.open()
    with running("worker", "--types", "desk_job") as jobs:
        lines_until(jobs, "worker started: ")
        hints = quaero("jobs", "show", run_id, "--json").json["hints"]
        assert any("no worker for desk" in hint for hint in hints)
        with running("worker", "--types", "desk") as plans:
            assert desk.next().pid == jobs.pid
            assert quaero("jobs", "wait", run_id).code == 0
            plans.terminate()
            assert end_of(plans).code == 0


async def test_workers_that_never_get_ready_are_given_up() -> None:
    told: list[str] = []
    processes = WorkerProcesses(["no-such-command"], 2, told.append, drain_seconds=SECONDS)
    with pytest.raises(WorkersLostError, match="never got ready: it ended with exit code 2"):
        await processes.run()
    assert told
    assert all("another one starts in" in line or "stopped" in line for line in told)


async def test_workers_that_die_again_and_again_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    dying = (sys.executable, "-c", "import os; print('ready', flush=True); os.kill(os.getpid(), 9)")
    monkeypatch.setattr(worker_processes, "PROGRAM", dying)
    monkeypatch.setattr(worker_processes, "LONGEST_WAIT_SECONDS", 0)
    told: list[str] = []
    processes = WorkerProcesses([], 1, told.append, drain_seconds=SECONDS)
    async with asyncio.timeout(SECONDS):
        with pytest.raises(WorkersLostError, match="ended 15 times in a row"):
            await processes.run()
    assert sum("started" in line for line in told) == 15


def auto_started(quaero: Caller, desk: Desk) -> None:
    """Import a definition that is to start with the server."""
    assert quaero("definitions", "import", str(desk.definition(more="auto_start = true"))).code == 0


def roles(quaero: Caller) -> Counter[str]:
    return Counter(process["role"] for process in quaero("jobs", "workers", "--json").json["items"])


@pytest.mark.parametrize(
    ("workers", "expected"),
    [("1", {"server": 1}), ("2", {"server": 1, "worker": 2})],
    ids=["itself", "others"],
)
def test_a_server_starts_what_is_to_start_with_it_and_works(
    quaero: Caller, desk: Desk, workers: str, expected: dict[str, int]
) -> None:
    auto_started(quaero, desk)
    with running("serve", "--workers", workers) as server:
        lines_until(server, "server started")
        for _ in range(expected.get("worker", 0)):
            lines_until(server, "started: pid ")
        visitor = desk.next()
        [run] = quaero("jobs", "list", "--root", "--json").json["items"]
        assert (run["launched_by"], run["status"]) == ("auto_start", "running")
        assert (visitor.pid == server.pid) == (workers == "1")
        assert roles(quaero) == expected
        server.send_signal(signal.SIGTERM)
        lines_until(server, "stopping")
        visitor.release()
        assert end_of(server).code == 0
    wait_until_gone(visitor.pid)
    assert quaero("jobs", "wait", run["id"], "--timeout", "1ms").code in (0, 124)
    assert children(quaero, run["id"]) == {"total": 1, "completed": 1}
    assert (roles(quaero), is_sound(quaero)) == ({}, True)


def test_a_server_without_workers_leaves_the_work_to_others(quaero: Caller, desk: Desk) -> None:
    auto_started(quaero, desk)
    with running("serve", "--workers", "0") as server:
        lines_until(server, "server started")
        with running("worker") as worker:
            visitor = desk.next()
            assert visitor.pid == worker.pid
            visitor.release()
            assert quaero("jobs", "wait", "1").code == 0
        server.send_signal(signal.SIGINT)
        assert end_of(server).code == 130


def test_a_worker_cannot_start_on_what_is_no_database(quaero: Caller) -> None:
    Path("letter.txt").write_text("Dear reader, " * 100, encoding="utf-8")
    for arguments in (["worker"], ["worker", "--processes", "2"], ["serve"]):
        result = quaero(*arguments, "--database", "sqlite:///letter.txt")
        assert (result.code, result.err.count("\n")) == (4, 1)
