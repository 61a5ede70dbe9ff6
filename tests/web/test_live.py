"""Pages that follow the work, in a real browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from quaero.web.api import events
from quaero.web.feed.stream import EventStream
from tests.web.following import PROGRESS, started
from tests.web.listening import chip, listen, numbers, twice, wait_for_end
from tests.web.serving import Served


def must_have(served: Served, run_id: int) -> set[int]:
    """The numbers of the events about the run and its steps, but for the reports of progress."""
    events = served.call(lambda engine: engine.store.events(run_id, limit=1_000))
    return {event.number for event in events if event.job_id <= run_id + 1 and event.type != PROGRESS}


@pytest.fixture
def live(page: Page) -> Page:
    """A page that follows what happens."""
    expect(chip(page)).to_have_text("live")
    listen(page)
    return page


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Grows with every stream that the server opens."""
    opened: list[object] = []

    def counted(*about: Any) -> EventStream:
        opened.append(about)
        return EventStream(*about)

    monkeypatch.setattr(events, "EventStream", counted)
    return opened


def test_nine_tabs_of_one_browser_follow_a_run_over_one_stream(
    streams: list[object], page: Page, context: BrowserContext, served: Served
) -> None:
    tabs = [page, *(context.new_page() for _ in range(8))]
    for tab in tabs[1:]:
        tab.goto(f"{served.url}/")
    for tab in tabs:
        expect(chip(tab)).to_have_text("live")
        listen(tab)
    run_id = started(served, {"name": "one"}, {"name": "two"})
    for tab in tabs:
        wait_for_end(tab, run_id)
        assert must_have(served, run_id) <= set(numbers(tab, run_id))
        assert twice(tab) == []
    assert len(streams) == 1


def test_parts_of_a_page_come_go_and_change_by_themselves(live: Page, served: Served) -> None:
    live.locator("#main").focus()
    first = started(served, {"name": "held", "wait": True})
    running = live.locator("#running")  # which is not there before the first run
    expect(running).to_contain_text(f"run {first}")
    second = started(served, {"name": "also held", "wait": True})
    expect(running).to_contain_text(f"run {second}")
    assert live.evaluate("document.activeElement.id") == "main"
    for name in ("held", "also held"):
        served.loop.call_soon_threadsafe(served.worker.release, name)
    expect(running).not_to_contain_text("Test")


def test_a_count_in_the_page_follows_at_once(live: Page, served: Served) -> None:
    run_id = started(served, {"name": "held", "wait": True}, {"name": "b"}, {"name": "c", "breaks": "bad"})
    live.evaluate(
        """(step) => document.body.insertAdjacentHTML("beforeend",
          `<b id="mine" data-count-of="${step}:completed">?</b> <i id="words" data-text-of="${step}">?</i>`)""",
        run_id + 1,
    )
    served.loop.call_soon_threadsafe(served.worker.release, "held")
    expect(live.locator("#mine")).to_have_text("2")
    expect(live.locator("#words")).to_have_text("0 pending, 0 running, 2 completed, 1 failed")


def test_a_browser_without_shared_workers_follows_too(context: BrowserContext, served: Served) -> None:
    context.add_init_script("delete window.SharedWorker")
    page = context.new_page()
    page.goto(served.entry)
    page.wait_for_url(f"{served.url}/")
    expect(chip(page)).to_have_text("live")
    listen(page)
    run_id = started(served, {"name": "one"})
    wait_for_end(page, run_id)
    assert must_have(served, run_id) <= set(numbers(page, run_id))


def test_a_page_that_cannot_be_fetched_anew_says_since_when_it_is_stale(live: Page, served: Served) -> None:
    live.route(f"{served.url}/", lambda route: route.abort())
    run_id = started(served)
    wait_for_end(live, run_id)
    expect(chip(live)).to_have_text(re.compile(r"^stale since [0-2][0-9]:[0-5][0-9]$"))
    live.unroute(f"{served.url}/")
    expect(chip(live)).to_have_text("live")


def test_what_happened_while_a_page_was_loading_is_not_missed(
    live: Page, context: BrowserContext, served: Served
) -> None:
    """The page is made, then comes a run, then its scripts: another tab's stream was there all the time."""
    late = context.new_page()
    scripts: list[Route] = []
    late.route("**/js/base.js", lambda route: scripts.append(route))  # noqa: PLW0108 - it needs a function of ours
    late.goto(f"{served.url}/", wait_until="commit")
    late.wait_for_function("() => document.body?.dataset.position !== undefined")
    run_id = started(served, {"name": "held", "wait": True})
    expect(live.locator("#running")).to_contain_text(f"run {run_id}")
    assert late.locator("#running").count() == 0
    while not scripts:
        late.wait_for_timeout(1)
    scripts[0].continue_()
    expect(late.locator("#running")).to_contain_text(f"run {run_id}")
    served.loop.call_soon_threadsafe(served.worker.release, "held")


def test_who_is_no_longer_let_in_is_sent_to_the_door(
    live: Page, context: BrowserContext, served: Served
) -> None:
    context.clear_cookies()
    started(served)
    live.wait_for_url("**/sign-in?next=*")
    assert live.get_by_label("Token").is_visible()
