"""The first page: for somebody new, and for somebody whose runs are under way."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from quaero.jobs.engine import Engine
from quaero.models.definition import ErrorTolerance
from quaero.models.job import JobState
from quaero.store.reads import DocumentFilter
from tests.kit import script_definition, script_step
from tests.web.looks import fits
from tests.web.serving import Served, served_at
from tests.web.written import STEP, keep

Picture = Callable[..., Path]
HOSTILE = "<img src=x onerror=\"document.title='run'\">"
NIGHTLY = f'id = "nightly"\nname = "Nightly"\nschedule = "0 3 * * *"\ntimezone = "Europe/Paris"\n{STEP}'
ONE_IS_TOO_MANY = ErrorTolerance(1, "stop_all")


@pytest.fixture
def crawling(tmp_path: Path) -> Iterator[Served]:
    """A server with the real kinds of work."""
    with served_at(f"sqlite:///{tmp_path}/web.db", installed=True) as served:
        yield served


def test_an_empty_store_explains_itself(page: Page, picture: Picture) -> None:
    expect(page.get_by_role("heading", name="Welcome to Quaero")).to_be_visible()
    expect(page.get_by_role("button", name="Try the sample site")).to_be_visible()
    expect(page.get_by_label("Address to crawl")).to_be_visible()
    picture(page)
    page.set_viewport_size({"width": 360, "height": 740})
    assert fits(page)
    page.get_by_role("link", name="Write a definition").click()
    page.wait_for_url("**/definitions/new")


def test_the_sample_site_is_crawled_once_however_often_it_is_asked_for(crawling: Served) -> None:
    with crawling.client() as client:
        first, second = client.post("/api/demo", json={}), client.post("/api/demo", json={})
    assert first.status_code == 202
    assert first.headers["location"] == f"/api/jobs/{first.json()['job_id']}"
    assert first.json() == second.json()
    run_id = int(first.json()["job_id"])
    assert crawling.call(lambda engine: _end(engine, run_id)) is JobState.COMPLETED
    assert crawling.call(lambda engine: engine.store.newest_documents(DocumentFilter())).total > 10


def test_a_request_for_the_sample_site_that_is_sent_again_starts_nothing_anew(crawling: Served) -> None:
    with crawling.client() as client:
        wish = {"Idempotency-Key": "once"}
        first = int(client.post("/api/demo", json={}, headers=wish).json()["job_id"])
        crawling.call(lambda engine: engine.control.cancel(first))
        again = client.post("/api/demo", json={}, headers=wish)
        anew = client.post("/api/demo", json={})
    assert int(again.json()["job_id"]) == first
    assert int(anew.json()["job_id"]) != first


def test_a_sample_site_of_an_earlier_server_is_given_up(crawling: Served) -> None:
    with crawling.client() as client:
        before = int(client.post("/api/demo", json={}).json()["job_id"])
        crawling.call(lambda engine: engine.control.pause(before))
    with served_at(_database(crawling), installed=True) as other, other.client() as client:
        after = int(client.post("/api/demo", json={}).json()["job_id"])
        assert after != before
        assert other.call(lambda engine: engine.store.job(before)).state is JobState.CANCELLED
        assert other.call(lambda engine: _end(engine, after)) is JobState.COMPLETED


def test_home_shows_what_runs_what_failed_what_is_next_and_what_was_found(
    page: Page, served: Served, picture: Picture
) -> None:
    failing = script_definition(
        script_step(
            children=[{"name": HOSTILE, "breaks": "http_404"}, {"name": "found", "document": "text"}], count=3
        ),
        id="failing",
        error_tolerance=ONE_IS_TOO_MANY,
    )
    waiting = script_definition(
        script_step(children=[{"name": "slow", "wait": True}], count=40), id="waiting"
    )

    async def fill(engine: Engine) -> None:
        await keep(engine, NIGHTLY)
        await _end(engine, await engine.control.launch(failing))
        await _end(engine, await engine.control.launch(script_definition(script_step(count=1), id="fine")))
        await engine.control.launch(waiting)
        await served.worker.start_of("slow").wait()

    served.call(fill)
    page.reload()
    expect(page.locator("#done li")).to_have_count(1)
    expect(page.locator("#running .card")).to_have_count(1)
    expect(page.locator("#running")).to_contain_text("40 completed")
    expect(page.locator("#failed")).to_contain_text("http_404")
    expect(page.locator("#failed")).to_contain_text(HOSTILE)
    expect(page.locator("#next")).to_contain_text("At 03:00 every day")
    expect(page.locator("#next")).to_contain_text("(Europe/Paris)")
    expect(page.locator("#found")).to_contain_text("found")
    assert page.title() == "Home · Quaero"
    picture(page)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 360, "height": 740})
    assert fits(page)
    picture(page, "phone in the dark")
    served.worker.release("slow")


def test_runs_are_paused_resumed_cancelled_and_retried_from_home(page: Page, served: Served) -> None:
    waiting = script_definition(script_step(children=[{"name": "slow", "wait": True}]), id="waiting")
    served.call(lambda engine: engine.control.launch(waiting))
    page.reload()
    card = page.locator("#running .card")
    card.get_by_role("button", name="Pause").click()
    expect(card.locator(".state")).to_have_text("paused")
    card.get_by_role("button", name="Resume").click()
    expect(card.get_by_role("button", name="Pause")).to_be_visible()
    card.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(card).to_have_count(0)
    failing = script_definition(
        script_step(children=[{"name": "bad", "breaks": "http_500"}]),
        id="failing",
        error_tolerance=ONE_IS_TOO_MANY,
    )
    run_id = served.call(lambda engine: engine.control.launch(failing))
    served.call(lambda engine: _end(engine, run_id))
    page.reload()
    page.locator("#failed").get_by_role("button", name="Retry").click()
    expect(page.locator("#notices")).to_contain_text(f"run {run_id} is tried again")


def test_an_address_is_crawled_from_home(crawling: Served, chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(crawling.entry)
    page.get_by_label("Address to crawl").fill("http://127.0.0.1:9/")
    page.get_by_label("Pages at most").fill("7")
    page.get_by_role("button", name="Crawl it").click()
    page.wait_for_url(re.compile(r"/jobs/\d+$"))
    run_id = int(page.url.rpartition("/")[2])
    [step] = crawling.call(lambda engine: engine.store.run(run_id)).definition.steps
    assert (step.config["start_urls"], step.config["max_pages"]) == (["http://127.0.0.1:9/"], 7)
    context.close()


async def _end(engine: Engine, run_id: int) -> JobState:
    async for _ in engine.hub.follow(run_id):
        pass
    return (await engine.store.job(run_id)).state


def _database(served: Served) -> str:
    return f"sqlite:///{served.call(lambda engine: engine.store.facts())['path']}"
