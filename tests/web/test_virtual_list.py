"""The tree of a run of 100,000 jobs: only what is in sight exists, and it is the right part."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from quaero.jobs.engine import Engine
from quaero.models.job import ChildJob, StepLimits
from tests.web.runs import launch, steps_of
from tests.web.serving import Served, served_at

COUNT = 100_000
ROW = 32


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server where nobody executes jobs; planning is done by the test."""
    with served_at(f"sqlite:///{tmp_path}/many.db", working=False) as served:
        yield served


def plan(served: Served, run_id: int, count: int) -> None:
    """Give the first step of a run so many children."""

    async def add(engine: Engine) -> None:
        [step] = (await engine.store.claim(["script"], 1, 60_000)).jobs
        await engine.store.begin_plan(step, StepLimits())
        children = [ChildJob("nobody", f"child {number}", {}) for number in range(count)]
        for first in range(0, count, 10_000):
            await engine.store.add_planned(
                step, children[first : first + 10_000], last=first + 10_000 >= count
            )

    served.call(add)


def rows(page: Page) -> Locator:
    return page.locator(".child")


def test_a_tree_of_100_000_jobs_is_scrolled_row_by_row(
    page: Page, served: Served, picture: Callable[..., Path]
) -> None:
    run = launch(served, {"count": COUNT})
    plan(served, run, COUNT)
    page.goto(f"{served.url}/jobs/{run}")
    view = page.locator(".rows")
    expect(rows(page).first).to_contain_text("child 0")
    expect(page.locator(".step-row")).to_contain_text("0 of 100,000")
    most = 0
    for index in (COUNT // 2, COUNT - 14, 77, 33_333):
        view.evaluate("(view, top) => { view.scrollTop = top }", index * ROW)
        row = page.locator(f'.child[aria-posinset="{index + 1}"]')
        expect(row).to_contain_text(f"child {index}")
        expect(row).to_be_in_viewport()
        expect(row).to_have_attribute("aria-setsize", str(COUNT))
        most = max(most, rows(page).count())
    assert most < 100
    view.evaluate("view => { view.scrollTop = view.scrollHeight }")
    expect(page.locator(f'.child[aria-posinset="{COUNT}"]')).to_contain_text(f"child {COUNT - 1}")
    picture(page)


def test_the_arrow_keys_walk_through_the_tree(page: Page, served: Served) -> None:
    run = launch(served, {"count": 500}, {"count": 1})
    plan(served, run, 500)
    page.goto(f"{served.url}/jobs/{run}")
    expect(rows(page).first).to_contain_text("child 0")
    focused = page.locator(":focus")
    page.locator(".step-row").first.focus()
    page.keyboard.press("ArrowDown")
    expect(focused).to_contain_text("child 0")
    page.keyboard.press("End")
    expect(focused).to_contain_text("child 499")
    page.keyboard.press("ArrowDown")
    expect(focused).to_contain_text("step 2")
    page.keyboard.press("ArrowUp")
    expect(focused).to_contain_text("child 499")
    page.keyboard.press("PageUp")
    expect(focused).to_contain_text("child 489")
    page.keyboard.press("ArrowLeft")
    expect(focused).to_contain_text("step 1")
    page.keyboard.press("ArrowLeft")
    expect(rows(page).first).to_be_hidden()
    expect(focused).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(focused).to_contain_text("child 1")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("child 1")


def test_only_the_jobs_in_a_state_are_shown_on_demand(page: Page, served: Served) -> None:
    run = launch(served, {"count": 500})
    plan(served, run, 500)
    [step] = steps_of(served, run)
    cancelled = [step.id + number for number in (100, 300)]

    async def cancel(engine: Engine) -> None:
        for job_id in cancelled:
            await engine.control.cancel(job_id)

    page.goto(f"{served.url}/jobs/{run}")
    expect(page.locator("#live")).to_have_text("live")
    served.call(cancel)
    button = page.get_by_role("button", name="cancelled 2")
    button.click()
    expect(rows(page)).to_have_count(2)
    expect(rows(page).nth(1)).to_contain_text(str(cancelled[1]))
    expect(button).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="all 500").click()
    expect(rows(page).first).to_contain_text("child 0")


def test_rows_that_could_not_be_fetched_come_when_the_server_is_back(page: Page, served: Served) -> None:
    run = launch(served, {"count": 50})
    plan(served, run, 50)
    page.clock.install()
    page.route("**/children?**", lambda route: route.abort())
    with page.expect_event("requestfailed", lambda request: "/children?" in request.url):
        page.goto(f"{served.url}/jobs/{run}")
    expect(page.locator(".child.coming").first).to_be_visible()
    page.unroute("**/children?**")
    page.clock.fast_forward(3_000)
    expect(rows(page).first).to_contain_text("child 0")
    expect(page.locator(".notice")).to_have_count(0)
