"""Which process, on which machine and of which version, works on what."""

import asyncio
import platform
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from quaero.cli.session import Session
from quaero.cli.version import quaero_version
from quaero.main import open_engine, open_file
from quaero.store import store as stores
from quaero.store.reads import Process
from quaero.views.versions import versions_text
from tests.cli.calling import Caller, end_of, lines_until, running
from tests.cli.desk import Desk


def test_a_running_job_is_shown_with_the_process_that_executes_it(quaero: Caller, desk: Desk) -> None:
    run_id = quaero("run", str(desk.definition(count=2)), "--detach", "--json").json["id"]
    with running("worker", "--concurrency", "1") as worker:
        visitor = desk.next()
        jobs = quaero("jobs", "list", "--type", "desk_job", "--json").json["items"]
        [job] = [job for job in jobs if job["status"] == "running"]
        assert {key: value for key, value in job["worker"].items() if key != "id"} == {
            "role": "worker",
            "host": platform.node(),
            "pid": worker.pid,
            "version": quaero_version(),
        }
        assert [job["worker"] for job in jobs if job["status"] != "running"] == [None]
        [step] = quaero("jobs", "tree", run_id, "--json").json["steps"]
        assert [each["worker"] for each in step["jobs"] if each["id"] == job["id"]] == [job["worker"]]
        assert quaero("jobs", "show", job["id"], "--json").json["worker"] == job["worker"]
        assert f"pid {worker.pid}, version {quaero_version()}" in quaero("jobs", "show", job["id"]).out
        who = f"worker {worker.pid} on {platform.node()}"
        lines = quaero("jobs", "list", "--wide").out.splitlines()
        assert [line.split()[0] for line in lines if who in line] == [job["id"]]
        assert who not in quaero("jobs", "list").out
        desk.open()
        visitor.release()
        assert quaero("jobs", "wait", run_id).code == 0
    assert {job["worker"] for job in quaero("jobs", "list", "--json").json["items"]} == {None}


def test_the_list_of_workers_has_their_versions_and_last_signs_of_life(quaero: Caller) -> None:
    with running("worker") as worker:
        lines_until(worker, "worker started")
        [shown] = quaero("jobs", "workers", "--json").json["items"]
        assert (shown["pid"], shown["version"]) == (worker.pid, quaero_version())
        assert shown["seen_at"] >= shown["started_at"]
        result = quaero("jobs", "workers")
        assert all(word in result.out for word in ("seen", quaero_version(), "0 of 200", platform.node()))
        assert result.err == ""
        check = checks(quaero)["processes"]
        text = f"{quaero_version()}: worker {worker.pid} on {platform.node()}"
        assert (check["ok"], check["text"], check["remedy"]) == (True, text, "")
    assert checks(quaero)["processes"]["text"] == "none execute jobs"


async def test_a_process_of_another_version_is_warned_of(
    quaero: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with worker_of_version(monkeypatch, "9.9.9"):
        listed = await asyncio.to_thread(quaero, "jobs", "workers")
        assert (listed.code, "9.9.9" in listed.out) == (0, True)
        assert (
            f"warning: processes of another version work on this database (9.9.9; this is {quaero_version()})"
            in (listed.err)
        )
        doctor = await asyncio.to_thread(quaero, "doctor")
        assert doctor.code == 0
        [line] = [line for line in doctor.out.splitlines() if "processes:" in line]
        assert line.startswith("warning")
        assert "update them all" in line


@asynccontextmanager
async def worker_of_version(monkeypatch: pytest.MonkeyPatch, version: str) -> AsyncIterator[None]:
    """A listed process that says it is of this version."""
    async with open_engine(Session(open_engine).settings()) as engine:
        with monkeypatch.context() as patch:
            patch.setattr(stores, "version", lambda _: version)
            await engine.store.register("worker", ["desk"], 1)
        yield


def checks(quaero: Caller) -> dict[str, dict[str, object]]:
    return {check["name"]: check for check in quaero("doctor", "--json").json["checks"]}


def test_of_many_processes_some_are_named_and_all_are_counted() -> None:
    many = [
        Process(f"{pid:x}", "worker", "alpha", pid, version, (), None, 1, 0, 0, 0)
        for version in ("0.2.0", "0.1.0")
        for pid in range(7)
    ]
    old, new = versions_text(many).split("; ")
    assert old == (
        "0.1.0: worker 0 on alpha, worker 1 on alpha, worker 2 on alpha, worker 3 on alpha, worker 4 on alpha, 2 more"
    )
    assert new.startswith("0.2.0: worker 0 on alpha")


@pytest.mark.skipif(sys.platform != "linux", reason="the words of a process are read from /proc")
def test_the_database_is_not_among_the_words_of_the_processes_that_a_worker_starts(
    quaero: Caller, desk: Desk
) -> None:
    url = "sqlite:///elsewhere.db"
    run_id = quaero("run", str(desk.definition()), "--detach", "--json", "--database", url).json["id"]
    with running("worker", "--processes", "2", "--until-idle", "--database", url) as worker:
        visitor = desk.next()
        words = Path(f"/proc/{visitor.pid}/cmdline").read_bytes()
        assert b"--supervised" in words
        assert b"elsewhere" not in words
        visitor.release()
        assert end_of(worker).code == 0
    assert quaero("jobs", "wait", run_id, "--database", url).code == 0
    assert not Path("quaero.db").exists()


@pytest.mark.parametrize(
    ("database", "typed"),
    [
        (None, "quaero jobs list"),
        ("sqlite:////tmp/a:b@c.db", "quaero jobs list --database sqlite:////tmp/a:b@c.db"),
        ("postgresql://db/quaero", "quaero jobs list --database postgresql://db/quaero"),
        ("postgresql://me:geheim@db/quaero", "quaero jobs list --database 'postgresql://me:***@db/quaero'"),
    ],
)
def test_a_command_to_type_next_names_the_database_but_no_password(database: str | None, typed: str) -> None:
    assert Session(open_engine, database, open_file=open_file).command("jobs list") == typed
