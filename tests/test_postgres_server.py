"""The PostgreSQL of the tests: started and stopped by whoever needs it, and gone with him."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.postgres_programs import PACKAGE, new_folder, programs, unprivileged
from tests.postgres_server import EMPTY, LocalServer, Server, server

ROOT = Path(__file__).parents[1]
SECONDS = 60
OWNER = """
import sys
from tests.postgres_server import Server
server = Server.private()
print(server.folder, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def private() -> Iterator[LocalServer]:
    with Server.private(max_connections=9) as server:
        yield server


def test_two_databases_know_nothing_of_each_other() -> None:
    one, other = server().create_database(EMPTY), server().create_database(EMPTY)
    with psycopg.connect(one) as connection:
        connection.execute("CREATE TABLE kept (id bigint)")
    with psycopg.connect(other) as connection:
        assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)
    for url in (one, other):
        server().drop_database(url)


def test_a_database_that_was_dropped_is_gone_although_somebody_uses_it() -> None:
    url = server().create_database(EMPTY)
    with psycopg.connect(url, autocommit=True) as connection:
        server().drop_database(url)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_connections_to_one_database_are_cut_and_the_others_left_alone() -> None:
    one, other = server().create_database(EMPTY), server().create_database(EMPTY)
    with psycopg.connect(one, autocommit=True) as cut, psycopg.connect(other, autocommit=True) as left:
        assert server().terminate_backends(one) == 1
        with pytest.raises(psycopg.OperationalError):
            cut.execute("SELECT 1")
        assert left.execute("SELECT 1").fetchone() == (1,)
    for url in (one, other):
        server().drop_database(url)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_what_was_committed_is_there_after_a_restart(private: LocalServer, mode: str) -> None:
    url = private.create_database(EMPTY)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (id bigint)")

    private.stop("immediate" if mode == "immediate" else "fast")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    private.start()

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_private_server_has_its_own_settings_and_answers_by_tcp(private: LocalServer) -> None:
    with psycopg.connect(private.url(tcp=True)) as connection:
        assert connection.execute("SHOW max_connections").fetchone() == ("9",)
        assert connection.info.hostaddr == "127.0.0.1"


def test_a_server_that_does_not_start_says_why() -> None:
    with pytest.raises(RuntimeError, match=r"does not start[\s\S]*no_such_setting"):
        Server.private(no_such_setting=1)


def test_nothing_is_left_of_a_server_whose_process_was_killed() -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert owner.stdout
    folder = Path(owner.stdout.readline().strip())
    process = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])

    owner.kill()
    owner.communicate(timeout=SECONDS)  # to the end of its standard error, which the last process closes

    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_programs_in_a_closed_folder_are_copied_to_where_they_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = Path(importlib.util.find_spec(PACKAGE).origin).parents[1]  # type: ignore[union-attr, arg-type]
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for part in (PACKAGE, f"{PACKAGE}.libs"):
        (closed / part).symlink_to(installed / part)
    monkeypatch.syspath_prepend(closed)
    folder = new_folder(unprivileged())

    try:
        found = programs(folder, unprivileged())
        assert found.is_relative_to(folder)
        asked = [str(found / "postgres"), "--version"]
        assert b"PostgreSQL" in subprocess.run(asked, capture_output=True, check=True, user="nobody").stdout
    finally:
        shutil.rmtree(folder)
