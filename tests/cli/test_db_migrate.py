"""`quaero db migrate --to`, as people and programs get to see it."""

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from quaero.store.tables import TABLES
from tests.cli.calling import COMMAND, Caller, running
from tests.cli.desk import Desk
from tests.postgres_server import EMPTY, server

FILE = "sqlite:///old.db"
SECRET = "geheim"  # noqa: S105 - it opens nothing


@pytest.fixture
def empty() -> Iterator[str]:
    """The URL of a database without tables, with a password."""
    url = server().create_database(EMPTY)
    yield url.replace("@", f":{SECRET}@", 1)
    server().drop_database(url)


@pytest.fixture
def old(quaero: Caller, monkeypatch: pytest.MonkeyPatch) -> Caller:
    """The command, on a file with one run that has ended."""
    monkeypatch.setenv("QUAERO_DATABASE", FILE)
    assert quaero("run", "reindex").code == 0
    return quaero


def test_a_collection_goes_to_a_server_and_back(old: Caller, empty: str, tmp_path: Path) -> None:
    exported = old("db", "export", "-").out

    there = old("db", "migrate", "--to", empty)
    assert (there.code, there.err) == (0, "")
    assert "jobs       3\n" in there.out
    assert re.search(
        r"^copied and compared [0-9]+ rows in [0-9.]+ s; both hold everything now$", there.out, re.M
    )
    assert f"old: sqlite:///{tmp_path / 'old.db'}: is as it was" in there.out
    assert SECRET not in there.out
    assert old("db", "export", "-", "--database", empty).out == exported
    assert old("db", "check", "--database", empty).code == 0

    home = old("db", "migrate", "--database", empty, "--to", "sqlite:///new.db", "--json").json
    assert home.keys() == {
        "from",
        "to",
        "tables",
        "returned_jobs",
        "replaced_texts",
        "started_over",
        "seconds",
    }
    assert [table["name"] for table in home["tables"]] == [table.name for table in TABLES]
    assert {table["name"]: table["rows"] for table in home["tables"]}["jobs"] == 3
    assert all(len(table["hash"]) == 64 for table in home["tables"])
    assert (home["to"], SECRET in str(home)) == (f"sqlite:///{tmp_path / 'new.db'}", False)
    assert old("db", "export", "-", "--database", "sqlite:///new.db").out == exported
    assert old("db", "export", "-").out == exported


def test_a_target_that_is_in_use_is_refused_in_one_line(old: Caller, empty: str) -> None:
    assert old("variables", "set", "mine", "precious", "--database", empty).code == 0
    result = old("db", "migrate", "--to", empty)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert "is not empty: there are variables" in result.err
    assert SECRET not in result.err


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("--to", "nonsense"), 2, "--to: "),
        (("--to", FILE), 2, "this is the database itself"),
        (("--to", "sqlite:///new.db", "--check"), 2, "do not go together"),
        (("--to", "sqlite:///new.db", "--database", "sqlite:///nothing.db"), 3, "there is no such database"),
        (("--to", "postgresql://me:geheim@127.0.0.1:1/quaero"), 4, "cannot be reached"),
    ],
)
def test_what_cannot_be_moved_is_one_line(
    old: Caller, tmp_path: Path, arguments: tuple[str, ...], code: int, text: str
) -> None:
    result = old("db", "migrate", *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (code, "", 1)
    assert text in result.err
    assert SECRET not in result.err
    assert not (tmp_path / "new.db").exists()
    assert not (tmp_path / "nothing.db").exists()


def test_a_process_that_works_on_the_old_one_is_named(quaero: Caller, desk: Desk, empty: str) -> None:
    assert quaero("run", str(desk.definition()), "--detach", "--database", FILE).code == 0
    with running("worker", "--database", FILE) as worker:
        visitor = desk.next()
        result = quaero("db", "migrate", "--database", FILE, "--to", empty)
        assert result.code == 2
        assert f"End them first, then run this again: worker {worker.pid} on " in result.err
        worker.kill()
        worker.wait()
    assert visitor.pid == worker.pid

    moved = quaero("db", "migrate", "--database", FILE, "--to", empty)

    assert "1 jobs that were in flight are back in the queue there" in moved.out
    assert quaero("db", "check", "--database", empty).code == 0
    [job] = quaero("jobs", "list", "--kind", "child", "--json", "--database", empty).json["items"]
    assert job["status"] == "pending"


KILLED = """
import os, signal, sys
from quaero.store import moving
from quaero.main import main

copy = moving._Move._copy_table

def die(self, table, arrived):
    if table.name == "events":
        os.kill(os.getpid(), signal.SIGKILL)
    return copy(self, table, arrived)

moving._Move._copy_table = die
main()
"""


@pytest.mark.parametrize("to_server", [True, False])
def test_a_copy_that_is_not_complete_is_used_by_no_command(
    old: Caller, empty: str, tmp_path: Path, to_server: bool
) -> None:
    target = empty if to_server else "sqlite:///new.db"
    command = [sys.executable, "-c", KILLED, "db", "migrate", "--to", target]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL

    for others in (
        ("jobs", "list"),
        ("worker", "--until-idle"),
        ("search", "x"),
        ("db", "migrate"),
        ("db", "check"),
    ):
        refused = old(*others, "--database", target)
        assert (refused.code, refused.err.count("\n")) == (4, 1), others
        assert f"holds an unfinished copy of sqlite:///{tmp_path / 'old.db'}" in refused.err
        assert "quaero db migrate --database " in refused.err
        assert SECRET not in refused.err

    assert "both hold everything now" in old("db", "migrate", "--to", target).out
    assert old("db", "export", "-", "--database", target).out == old("db", "export", "-").out


def test_how_far_it_is_is_shown_on_a_terminal_only(old: Caller, tmp_path: Path) -> None:
    reader, writer = pty.openpty()
    try:
        process = subprocess.run(
            [*COMMAND, "db", "migrate", "--to", "sqlite:///new.db"], stderr=writer, check=False
        )
        shown = os.read(reader, 100_000).decode()
    finally:
        os.close(reader)
        os.close(writer)
    assert process.returncode == 0
    assert "copied jobs: 3 of 3" in shown
    assert "compared events: " in shown
    assert shown.endswith("\x1b[K")
