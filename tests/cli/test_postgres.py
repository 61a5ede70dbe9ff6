"""The command line on a PostgreSQL server: one URL changes where the data is, and nothing else."""

import asyncio
import platform
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from quaero.cli.command_line import exit_code
from quaero.cli.session import Session
from quaero.cli.version import quaero_version
from quaero.main import open_engine, open_file
from quaero.store.postgres import database_file, schema, statements
from tests.cli.calling import Caller, Result, end_of, lines_until, running
from tests.cli.desk import SECONDS, Desk
from tests.cli.small_site import SmallSite
from tests.postgres_server import server

SECRET = "geheim"  # noqa: S105 - it opens nothing
"""The password of every URL here; the server asks nobody for one."""

EVERYWHERE = [
    ("jobs", "list"),
    ("jobs", "tree", "1"),
    ("jobs", "show", "1"),
    ("jobs", "logs", "1"),
    ("jobs", "workers"),
    ("jobs", "gates"),
    ("definitions", "list"),
    ("documents", "list"),
    ("documents", "stats"),
    ("schedule", "list"),
    ("variables", "list"),
    ("search", "apples"),
    ("config", "show"),
    ("db", "status"),
    ("db", "check"),
    ("db", "maintain", "--dry-run"),
    ("doctor",),
]


STILL_CONNECTED = """SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""


def with_password(url: str) -> str:
    """The URL with a password, unless the server that the tests were given wants one of its own."""
    return url if urlsplit(url).password else url.replace("@", f":{SECRET}@", 1)


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a new database, with a password; every command uses it."""
    url = server().create_database()
    monkeypatch.setenv("QUAERO_DATABASE", with_password(url))
    yield url
    server().drop_database(url)


@pytest.fixture
def newer_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process the program knows one more version of the schema."""
    newer = (*statements.migrations(), "ALTER TABLE variables ADD COLUMN colour TEXT")
    for module in (schema, database_file):
        monkeypatch.setattr(module, "migrations", lambda: newer)


@pytest.fixture
def nobody() -> Iterator[str]:
    """A URL under which no server is, with a password."""
    with socket.socket() as place:  # bound, but nobody listens
        place.bind(("127.0.0.1", 0))
        yield f"postgresql://me:{SECRET}@127.0.0.1:{place.getsockname()[1]}/quaero"


def is_one_line_without_the_password(result: Result) -> bool:
    return result.err.count("\n") == 1 and SECRET not in result.out + result.err


@pytest.mark.parametrize(
    "arguments",
    [
        *EVERYWHERE[:-1],
        ("worker",),
        ("worker", "--processes", "2"),
        ("serve",),
        ("crawl", "http://127.0.0.1:9/"),
        ("run", "reindex", "--detach"),
        ("db", "maintain"),
        ("db", "migrate"),
        ("db", "migrate", "--check"),
        ("db", "export", "-"),
        ("demo",),
    ],
    ids=" ".join,
)
def test_a_server_that_is_not_there_is_told_in_one_line(
    quaero: Caller, nobody: str, arguments: tuple[str, ...]
) -> None:
    if arguments == ("config", "show"):
        assert SECRET not in quaero(*arguments, "--database", nobody).out
        return
    result = quaero(*arguments, "--database", nobody)
    assert (result.code, result.out) == (4, "")
    assert is_one_line_without_the_password(result)
    assert f"error: {nobody.replace(SECRET, '***')}: cannot be reached (" in result.err
    assert "refused" in result.err
    assert "Start the server" in result.err


def test_the_doctor_tells_that_the_server_is_not_there(quaero: Caller, nobody: str) -> None:
    result = quaero("doctor", "--database", nobody)
    assert result.code == 1
    [line] = [line for line in result.out.splitlines() if line.startswith("problem")]
    assert "cannot be reached" in line
    assert SECRET not in result.out
    assert "disk" not in result.out


def test_a_database_that_is_not_there_is_told_in_one_line(quaero: Caller, database: str) -> None:
    missing = with_password(server().url("nobody_made_this"))
    result = quaero("jobs", "list", "--database", missing)
    assert result.code == 4
    assert is_one_line_without_the_password(result)
    assert "createdb" in result.err


def test_options_that_the_driver_does_not_know_are_told_in_one_line(quaero: Caller, database: str) -> None:
    joined = "&" if "?" in database else "?"
    result = quaero("jobs", "list", "--database", f"{with_password(database)}{joined}colour=blue")
    assert result.code == 4
    assert is_one_line_without_the_password(result)
    assert "colour" in result.err


def test_a_crawl_is_found_again_and_the_password_nowhere(
    quaero: Caller, database: str, site: SmallSite
) -> None:
    crawled = quaero("crawl", site.url, "--tag", "trees", "--debug")
    assert crawled.code == 0
    assert "3 created" in crawled.out
    shown = crawled.out + crawled.err
    for command in EVERYWHERE:
        result = quaero(*command, "--debug")
        assert result.code == 0, result.err
        shown += result.out + result.err
        if "--dry-run" not in command:
            assert quaero(*command, "--json").code == 0
    assert SECRET not in shown
    assert "***" in quaero("config", "show").out
    assert "/apples" in quaero("search", "apples").out
    assert quaero("db", "check", "--json").json == {"sound": True, "findings": []}


@pytest.mark.skipif(sys.platform != "linux", reason="the words of a process are read from /proc")
def test_processes_work_together_and_the_password_is_in_none_of_their_words(
    quaero: Caller, desk: Desk, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = quaero("run", str(desk.definition(count=20)), "--detach", "--json").json["id"]
    url = with_password(database)
    monkeypatch.delenv("QUAERO_DATABASE")
    with running(
        "worker", "--processes", "2", "--concurrency", "1", "--until-idle", "--database", url
    ) as worker:
        visitors = [desk.next(), desk.next()]
        assert len({visitor.pid for visitor in visitors}) == 2
        for visitor in visitors:
            assert SECRET.encode() not in Path(f"/proc/{visitor.pid}/cmdline").read_bytes()
        jobs = quaero(
            "jobs", "list", "--state", "running", "--kind", "child", "--json", "--database", url
        ).json
        assert {job["worker"]["pid"] for job in jobs["items"]} == {visitor.pid for visitor in visitors}
        lines = quaero("jobs", "list", "--wide", "--database", url).out
        assert all(f"worker {visitor.pid} on " in lines for visitor in visitors)
        doctor = quaero("doctor", "--database", url)
        assert doctor.code == 0
        assert f"{quaero_version()}: worker" in doctor.out
        desk.open()
        for visitor in visitors:
            visitor.release()
        result = end_of(worker)
    assert result.code == 0
    assert SECRET not in result.out + result.err
    shown = quaero("jobs", "show", run_id, "--json", "--database", url).json
    assert (shown["status"], shown["children"]["completed"]) == ("completed", 20)


@pytest.mark.parametrize("listens", [True, False], ids=["listening", "not listening"])
def test_processes_work_together_where_nothing_may_be_kept_in_a_session(
    quaero: Caller, desk: Desk, database: str, monkeypatch: pytest.MonkeyPatch, listens: bool
) -> None:
    monkeypatch.setenv("QUAERO_POSTGRES_POOLED", "true")
    monkeypatch.setenv("QUAERO_POSTGRES_CONNECTIONS", "2")
    if listens:
        monkeypatch.setenv("QUAERO_POSTGRES_LISTEN", with_password(database))
    run_id = quaero("run", str(desk.definition(count=10)), "--detach", "--json").json["id"]
    desk.open()
    with running("worker", "--processes", "2", "--until-idle") as worker:
        result = end_of(worker)
    assert (result.code, result.err) == (0, "")
    assert quaero("jobs", "show", run_id, "--json").json["children"]["completed"] == 10
    assert quaero("db", "check").code == 0


def test_a_worker_ends_on_sigterm_and_leaves_nothing_behind(
    quaero: Caller, desk: Desk, database: str
) -> None:
    quaero("run", str(desk.definition()), "--detach")
    with running("worker") as worker:
        visitor = desk.next()
        worker.send_signal(signal.SIGTERM)
        lines_until(worker, "stopping")
        visitor.release()
        assert end_of(worker).code == 0
    assert quaero("jobs", "workers", "--json").json["items"] == []
    assert quaero("jobs", "show", "1", "--json").json["children"]["completed"] == 1


def test_a_worker_that_was_killed_is_not_listed_when_it_has_not_been_heard_of_for_a_while(
    quaero: Caller, desk: Desk, database: str
) -> None:
    quaero("run", str(desk.definition()), "--detach")
    with running("worker") as worker:
        desk.next()
        worker.kill()
        worker.wait()
    with psycopg.connect(database, autocommit=True) as connection:
        give_up_at = time.monotonic() + SECONDS
        while connection.execute(STILL_CONNECTED).fetchall():  # the server learns of it in a moment
            assert time.monotonic() < give_up_at
        assert [process["pid"] for process in workers(quaero)] == [worker.pid]
        connection.execute("UPDATE processes SET seen_at = seen_at - 60000")
    assert workers(quaero) == []
    assert "none execute jobs" in quaero("doctor").out
    assert any("nobody works on it" in hint for hint in quaero("jobs", "show", "1", "--json").json["hints"])


def workers(quaero: Caller) -> list[dict[str, object]]:
    return list(quaero("jobs", "workers", "--json").json["items"])


@pytest.mark.parametrize(
    ("arguments", "instead"),
    [(("db", "backup", "copy.db"), "pg_dump"), (("db", "restore", "copy.db"), "pg_restore")],
)
def test_what_a_server_has_better_tools_for_is_refused_in_one_line(
    quaero: Caller, database: str, arguments: tuple[str, ...], instead: str
) -> None:
    result = quaero(*arguments)
    assert result.code == 2
    assert is_one_line_without_the_password(result)
    assert instead in result.err
    assert "quaero db migrate" in result.err
    assert not Path("copy.db").exists()


def test_a_server_is_maintained_beside_running_work(quaero: Caller, desk: Desk, database: str) -> None:
    quaero("run", str(desk.definition()), "--detach")
    with running("worker") as worker:
        visitor = desk.next()
        result = quaero("db", "maintain")
        assert (result.code, result.err) == (0, "")
        assert "prune" in result.out
        visitor.release()
        assert quaero("jobs", "wait", "1").code == 0
        worker.terminate()
        assert end_of(worker).code == 0


def test_a_database_of_a_newer_version_is_left_alone(quaero: Caller, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("UPDATE store SET version = version + 1")
        for command in (("jobs", "list"), ("worker",), ("db", "migrate"), ("db", "migrate", "--check")):
            result = quaero(*command)
            assert result.code == 4
            assert is_one_line_without_the_password(result)
            assert "newer Quaero" in result.err
            assert "Update Quaero" in result.err


def test_an_older_database_is_brought_up_to_date_by_whoever_opens_it(
    quaero: Caller, database: str, newer_program: None
) -> None:
    assert quaero("db", "migrate", "--check").out == "would be brought from schema 1 to 2\n"
    assert quaero("jobs", "list").code == 0
    assert quaero("db", "migrate").out == "up to date: schema 2\n"


async def test_of_many_that_open_an_older_database_at_once_one_brings_it_up_to_date(
    database: str, newer_program: None
) -> None:
    def open_it() -> None:
        assert call("jobs", "list") == 0

    await asyncio.gather(*(asyncio.to_thread(open_it) for _ in range(6)))
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT version FROM store").fetchall() == [(2,)]


def call(*arguments: str) -> int:
    return exit_code(Session(open_engine, open_file=open_file), arguments)


def test_an_older_database_is_left_alone_while_processes_of_its_version_work(
    quaero: Caller, desk: Desk, database: str, request: pytest.FixtureRequest
) -> None:
    quaero("run", str(desk.definition()), "--detach")
    with running("worker") as worker:
        visitor = desk.next()
        request.getfixturevalue("newer_program")
        for command in (("jobs", "list"), ("worker",), ("db", "migrate")):
            result = quaero(*command)
            assert result.code == 4
            assert is_one_line_without_the_password(result)
            assert (
                f"End these processes first: {platform.node()} {worker.pid} ({quaero_version()})"
                in result.err
            )
        visitor.release()
        worker.terminate()
        assert end_of(worker).code == 0
    assert quaero("db", "migrate").out == "brought from schema 1 to 2\n"


def test_a_server_is_never_taken_for_a_file(quaero: Caller, database: str) -> None:
    assert quaero("jobs", "list").code == 0
    assert quaero("db", "migrate", "--check").out.startswith("up to date")
    assert not list(Path().glob("postgres*"))
