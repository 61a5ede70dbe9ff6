"""A move that is interrupted anywhere goes on where it was, and ends as if nothing had happened."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from quaero.models.errors import StoreError
from quaero.store import moving
from quaero.store.check import Finding, check
from quaero.store.transaction import Reader
from quaero.testing import SettableClock
from tests.places import BACKENDS, Place, PostgresPlace, SqlitePlace, new_place
from tests.postgres_server import server
from tests.store.moving_kit import Content, content, fill, move_between

ROOT = Path(__file__).parents[2]
SMALL_CHUNK = 8


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
    """Ends the move when it tells something that it has not told before: after every chunk, and while it compares."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, int]] = []

    def __call__(self, doing: str, table: str, done: int, total: int) -> None:
        now = (doing, table, done if doing == "copied" else 0)
        if now not in self.told and (total or doing == "copied"):
            self.told.append(now)
            raise KilledError


async def test_a_move_killed_after_every_chunk_arrives_as_a_whole(
    full: Place, target: Place, clock: SettableClock, small_chunks: None
) -> None:
    before, killer = content(full), Killer()
    kills, moved = 0, None
    while moved is None:
        try:
            moved = move_between(full, target, killer, clock=clock)
        except KilledError:
            kills += 1
    assert kills > sum(len(rows) // SMALL_CHUNK for rows in before.values()) + 2 * len(before)
    assert not moved.started_over
    assert content(target) == before == content(full)
    store = target.store(clock=clock)
    assert await store.check() == ()
    await store.close()


async def test_a_move_killed_in_its_last_transaction_is_finished_by_the_next(
    full: Place, target: Place, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, calls = content(full), []

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
    assert without_deadlines(content(target)) == without_deadlines(before)
    if isinstance(target, SqlitePlace):
        assert not list(target.path.parent.glob("*-wal"))


def without_deadlines(found: Content) -> Content:
    """Deadlines move with the time that a store was away; the process goes by the real one."""
    return found | {"progress": [(*row[:12], *row[13:]) for row in found["progress"]]}
