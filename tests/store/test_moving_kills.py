"""A move that is interrupted anywhere goes on where it was, and ends as if nothing had happened."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from quaero.models.errors import StoreError
from quaero.store import moving
from quaero.store.check import Finding
from quaero.store.table_copy import NOTE
from quaero.store.transaction import Reader
from quaero.testing import SettableClock
from tests.places import BACKENDS, Place, PostgresPlace, SqlitePlace, new_place
from tests.postgres_server import server
from tests.store.moving_kit import Content, content, fill, move_between, tables_of

ROOT = Path(__file__).parents[2]
SMALL_CHUNK = 4


@pytest.fixture(params=BACKENDS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "target").mkdir()
    place = new_place(request.param, tmp_path / "target")
    yield place
    place.remove()


@pytest.fixture
async def full(place: Place, clock: SettableClock) -> Place:
    store = place.store(clock=clock)
    await fill(store)
    await store.close()
    return place


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "CHUNK_ROWS", SMALL_CHUNK)


class KilledError(BaseException):
    """Not even what catches every exception goes on after it."""


class Killer:
    """Ends the move when it has told something so many times. `told`: what it has told last."""

    def __init__(self, at: int) -> None:
        self._left, self.told = at, ""

    def __call__(self, doing: str, table: str, done: int, total: int) -> None:
        self._left, self.told = self._left - 1, f"{doing} {table} {done}"
        if not self._left:
            raise KilledError


async def test_a_move_killed_after_every_chunk_arrives_as_a_whole(
    full: Place, target: Place, clock: SettableClock, small_chunks: None
) -> None:
    before = content(full)
    kills = []
    while "document_tags" not in (kills[-1] if kills else ""):
        killer = Killer(1 if not kills else 2 if "0" in kills[-1] else 1)
        with pytest.raises(KilledError):
            move_between(full, target, killer, clock=clock)
        kills.append(killer.told)
    moved = move_between(full, target, clock=clock)
    assert not moved.started_over
    assert content(target) == before == content(full)
    store = target.store(clock=clock)
    assert await store.check() == ()
    await store.close()


def _grown(target: Place, before: int) -> int:
    """The number of rows that have arrived, which is never less than before."""
    now = sum(len(rows) for rows in content(target).values())
    assert now >= before
    return now


async def test_a_move_killed_in_its_last_transaction_is_finished_by_the_next(
    full: Place, target: Place, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, check, calls = content(full), moving.check, []

    def die(reader: Reader) -> tuple[Finding, ...]:
        calls.append(1)
        if len(calls) == 2:  # the first look is at the source
            raise KilledError
        return check(reader)

    monkeypatch.setattr(moving, "check", die)
    with pytest.raises(KilledError):
        move_between(full, target, clock=clock)
    assert content(target) == before
    with pytest.raises(StoreError, match="unfinished"):
        target.store()

    assert not move_between(full, target, clock=clock).started_over
    assert content(target) == before


async def test_a_server_that_drops_its_connections_ends_the_move_in_one_line(
    full: Place, target: Place, clock: SettableClock, small_chunks: None
) -> None:
    on_server = [place for place in (full, target) if isinstance(place, PostgresPlace)]
    if not on_server:
        pytest.skip("both are files")
    before = content(full)
    for place in on_server:
        for after in ("jobs", "documents"):

            def drop(doing: str, table: str, done: int, total: int) -> None:
                if (doing, table, done) == ("copied", after, total):  # noqa: B023 - called at once
                    server().terminate_backends(place.url)  # noqa: B023

            with pytest.raises(StoreError, match="cannot be reached"):
                move_between(full, target, drop, clock=clock)

    assert not move_between(full, target, clock=clock).started_over
    assert content(target) == before


MOVING = """
import os, signal, sys
from pathlib import Path
from quaero.backends import database_file
from quaero.settings import database_url
from quaero.store import moving

moving.CHUNK_ROWS = 4
source, target = (database_file(database_url(url, Path.cwd())) for url in sys.argv[1:3])
left = int(sys.argv[3])

def tell(*_):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

moving.move(source, target, tell)
"""


async def test_a_process_that_moves_is_killed_by_the_system_and_loses_nothing(
    full: Place, target: Place, clock: SettableClock
) -> None:
    before = content(full)
    for at in (1, 7, 20, 45):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", MOVING, full.url, target.url, str(at), cwd=ROOT
        )
        assert await process.wait() == -signal.SIGKILL
        with pytest.raises(StoreError, match="unfinished"):
            target.store()

    assert not move_between(full, target, clock=clock).started_over
    assert as_it_was(content(target), before)
    if isinstance(target, SqlitePlace):
        assert not list(target.path.parent.glob("*-wal"))


def as_it_was(now: Content, before: Content) -> bool:
    return now == before
