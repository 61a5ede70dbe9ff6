"""One thing done to all jobs that match: looked at, agreed to, and worked off by the real kinds of work."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from quaero.models.definition import JobDefinition, JobStep, RetryPolicy
from quaero.models.job import Job, JobState
from quaero.models.toml_writer import ConfigValue
from quaero.views.moments import now_ms
from tests.web.runs import children_of, ended
from tests.web.serving import Served, served_at

LATER = 3_600_000


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_at(f"sqlite:///{tmp_path}/bulk.db", installed=True) as served:
        yield served


def planned(served: Served, name: str) -> int:
    """A run that would start in an hour; its id."""
    definition = JobDefinition(id=name, name=name, steps=(JobStep("reindex", "reindex", {}),))
    return served.call(lambda engine: engine.control.launch(definition, run_at=now_ms() + LATER))


def job(served: Served, job_id: int) -> Job:
    return served.call(lambda engine: engine.store.job(job_id))


def test_all_that_match_are_cancelled_after_a_look(page: Page, served: Served) -> None:
    wanted = [planned(served, f"wanted-{number}") for number in range(3)]
    other = planned(served, "other")
    page.goto(f"{served.url}/jobs?filter=wanted")
    page.get_by_role("button", name="Preview…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Cancel: 3 jobs? wanted-0, wanted-1, wanted-2.")
    dialog.get_by_role("button", name="Leave it").click()
    assert job(served, wanted[0]).state is JobState.PENDING
    page.get_by_role("button", name="Preview…").click()
    dialog.get_by_role("button", name="Cancel: 3 jobs").click()
    expect(page.locator("h1")).to_have_text("cancel 3 jobs")
    expect(page.locator("#run-head .head .state")).to_have_text("completed")
    assert [job(served, each).state for each in (*wanted, other)] == [JobState.CANCELLED] * 3 + [
        JobState.PENDING
    ]


def test_nothing_is_done_when_others_match_than_were_looked_at(page: Page, served: Served) -> None:
    first = planned(served, "wanted-1")
    page.goto(f"{served.url}/jobs?filter=wanted")
    page.get_by_label("With all of them").select_option("pause")
    page.get_by_role("button", name="Preview…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Pause: 1 job?")
    planned(served, "wanted-2")
    page.get_by_role("dialog").get_by_role("button", name="Pause: 1 job").click()
    expect(page.get_by_role("alert")).to_contain_text("2 jobs match, not 1: nothing was changed")
    assert job(served, first).state is JobState.PENDING


def test_a_priority_is_given_to_all_by_the_keyboard(page: Page, served: Served) -> None:
    run = planned(served, "wanted")
    page.goto(f"{served.url}/jobs")
    page.get_by_label("With all of them").select_option("Priority high")
    page.keyboard.press("Escape")
    page.locator("main").focus()
    page.keyboard.press("b")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("priority 1 job")
    expect(page.locator("#run-head .head .state")).to_have_text("completed")
    assert job(served, run).priority == -10


def test_the_urls_of_a_crawl_are_told_and_its_errors_tried_again(page: Page, served: Served) -> None:
    urls: list[ConfigValue] = [
        f"http://127.0.0.1:1/{name}" for name in ("one", "two")
    ]  # nobody listens there
    config: dict[str, ConfigValue] = {
        "start_urls": urls,
        "allow_private": ["127.0.0.1:1"],
        "respect_robots": False,
    }
    step = JobStep("crawl", "crawl", config, retry=RetryPolicy(1, 1, 1))
    definition = JobDefinition(id="crawl", name="crawl", steps=(step,))
    run = served.call(lambda engine: engine.control.launch(definition))
    ended(served, run)
    page.goto(f"{served.url}/jobs/{run}?tab=urls")
    expect(page.locator("table.fates tbody tr")).to_have_count(2)
    page.get_by_label("A part of the URL").fill("two")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("table.fates tbody tr")).to_have_count(1)
    page.goto(f"{served.url}/jobs/{run}?tab=errors")
    page.get_by_role("button", name="Retry these").click()
    page.get_by_role("dialog").get_by_role("button", name="Retry these").click()
    expect(page.get_by_role("alert")).to_contain_text("put back into the queue")
    page.goto(f"{served.url}/jobs/{children_of(served, run)[str(urls[0])].id}")
    expect(page.locator(".history")).to_contain_text("failed → pending")
