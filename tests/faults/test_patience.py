"""The database is gone for long: a run in the foreground gives up, what works for days waits and says so once."""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from quaero.models.errors import NotFoundError, StoreError
from quaero.store.postgres import commit, outage, sessions
from tests.cli.calling import Caller
from tests.cli.desk import ROOT, Desk, desk_at, install
from tests.faults.proxy import Proxy
from tests.faults.work import TREE, engine_at
from tests.places import Place

pytestmark = pytest.mark.only("postgres", reason="network")

PATIENCE = 1.0
TELLS_AFTER = 0.3
GONE_SECONDS = 3.0
WITHIN_SECONDS = 30


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (outage, sessions, commit):
        monkeypatch.setattr(module, "PATIENCE_SECONDS", PATIENCE)
    monkeypatch.setattr(outage, "WORTH_TELLING_SECONDS", TELLS_AFTER)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Its kind of work is installed here and in every process that is started."""
    install(tmp_path / "packages")
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "packages"), str(ROOT)]))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with desk_at(tmp_path / "desk.sock") as desk:
        yield desk


def gone(proxy: Proxy) -> None:
    proxy.refuse()
    proxy.cut()


def test_a_run_in_the_foreground_gives_up_in_one_line_and_can_be_resumed(
    short_patience: None, capsys: pytest.CaptureFixture[str], proxy: Proxy, place: Place, desk: Desk
) -> None:
    quaero = Caller(capsys)
    gone_at: list[float] = []

    def pull_the_plug() -> None:
        desk.next()
        gone_at.append(time.monotonic())
        gone(proxy)

    puller = threading.Thread(target=pull_the_plug)
    puller.start()
    ended = quaero("run", str(desk.definition()), "--database", proxy.url)
    puller.join()

    assert ended.code == 4
    [line] = ended.err.strip().splitlines()
    assert "cannot be reached" in line
    assert time.monotonic() - gone_at[0] < PATIENCE + 5  # once, not for each thing that it has to tidy up

    desk.open()
    again = quaero("run", str(desk.definition()), "--database", place.url)
    assert again.code == 0, again
    assert "resuming run 1" in again.out


async def test_who_works_for_days_waits_as_long_as_it_takes_and_says_so_once(
    short_patience: None, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    async with asyncio.timeout(WITHIN_SECONDS), engine_at(proxy.url) as engine:
        with caplog.at_level(logging.INFO, logger="quaero"):
            async with engine.working() as work:
                run_id = await engine.control.launch(TREE)
                failure = asyncio.create_task(work.failure())
                await asyncio.to_thread(gone, proxy)
                await asyncio.wait([failure], timeout=GONE_SECONDS)
                assert not failure.done()
                proxy.accept()
                async for _ in engine.hub.follow(run_id):
                    pass
                failure.cancel()
                await asyncio.gather(failure, return_exceptions=True)
        assert await engine.store.check() == ()
    lost, back = caplog.messages
    assert "cannot be reached" in lost
    assert "there again" in back


async def test_who_is_told_to_stop_meanwhile_does_not_wait_for_ever(
    short_patience: None, proxy: Proxy
) -> None:
    async with asyncio.timeout(WITHIN_SECONDS), engine_at(proxy.url) as engine:
        working = engine.working()
        await working.__aenter__()
        await engine.control.launch(TREE)
        await asyncio.to_thread(gone, proxy)
        with pytest.raises(StoreError, match="cannot be reached"):
            await working.__aexit__(None, None, None)


async def test_the_end_of_an_outage_is_noticed_whatever_the_answer_is(
    short_patience: None, proxy: Proxy
) -> None:
    async with asyncio.timeout(WITHIN_SECONDS), engine_at(proxy.url) as engine:
        for _ in range(2):
            await asyncio.to_thread(gone, proxy)
            asyncio.get_running_loop().call_later(
                PATIENCE / 2, proxy._loop.call_soon_threadsafe, _accept, proxy
            )
            with pytest.raises(NotFoundError):
                await engine.store.cancel(10**9)
            await asyncio.sleep(PATIENCE)  # an outage that went on would have lasted too long by now


def _accept(proxy: Proxy) -> None:
    """In the proxy's thread."""
    asyncio.ensure_future(proxy._listen())  # noqa: RUF006 - it ends at once
