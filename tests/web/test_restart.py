"""The server as the process that it is, killed in the middle of a run, and the page that follows it."""

import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cli.calling import end_of, lines_until, running
from tests.cli.desk import ROOT, Desk, desk_at, install
from tests.web.following import PROGRESS
from tests.web.listening import chip, in_snapshots, listen, numbers, twice

COUNT = 30


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Where the jobs of the server wait, with their kind of work installed in every process that is started."""
    install(tmp_path / "packages")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "packages"), str(ROOT)]))
    monkeypatch.setenv("QUAERO_DATABASE", f"sqlite:///{tmp_path}/web.db")
    with desk_at(tmp_path / "desk.sock") as desk:
        yield desk


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def test_through_a_kill_and_a_restart_of_the_server_every_event_is_applied_once(
    desk: Desk, tab: Page
) -> None:
    file = str(desk.definition(count=COUNT, step="concurrency = 4"))
    with running("run", file, "--detach", "--json") as process:
        run_id = int(end_of(process).json["id"])
    port = str(free_port())
    with running("serve", "--port", port) as server:
        entry = lines_until(server, "pages: ")[-1].removeprefix("pages: ")
        tab.goto(entry)
        tab.goto(f"http://127.0.0.1:{port}/jobs/{run_id}")
        expect(chip(tab)).to_have_text("live")
        listen(tab)
        for _ in range(10):
            desk.next().release()
        expect(tab.locator("#run-head")).to_contain_text(f"10 of {COUNT}")
        server.send_signal(signal.SIGKILL)
        server.wait()
        expect(chip(tab)).to_have_text(re.compile("^(reconnecting|stale since .*)$"))
    desk.open()
    with running("serve", "--port", port) as server:
        lines_until(server, "pages: ")
        # What the page is told by the stream, and what it finds when it asks anew, together are all of it.
        expect(tab.locator("#run-head .state").first).to_have_text("completed", timeout=30_000)
        expect(chip(tab)).to_have_text("live")
        assert twice(tab) == []
        got = set(numbers(tab, run_id))
        covered = in_snapshots(tab, run_id)
        assert {number for number in must_have(entry, run_id) if number > min(got, default=covered)} <= {
            *got,
            *range(covered + 1),
        }
        expect(tab.locator("#run-tree")).to_contain_text(re.compile(f"{COUNT} (of|completed)"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def must_have(entry: str, run_id: int) -> set[int]:
    """The numbers of the events about the run and its step, but for the reports of progress."""
    url, _, token = entry.partition("/?token=")
    wanted = f"run={run_id}&after={run_id}.0&children=false&format=json"
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, trust_env=False) as client:
        page = client.get(f"{url}/api/events?{wanted}").json()
    return {event["number"] for event in page["events"] if event["type"] != PROGRESS}
