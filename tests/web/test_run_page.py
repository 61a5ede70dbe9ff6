"""The page of a run, and of one job of it: what they say, and what can be done there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from quaero.models.job import JobState
from tests.web.runs import children_of, ended, launch, release, started, steps_of
from tests.web.serving import Served

HOSTILE = '<script>document.title="owned"</script>"\'><img src=x onerror=alert(1)>\u202egpj.exe'
MIXED = [
    {"name": "good one", "document": "text", "log": "all is well"},
    {"name": "bad one", "breaks": "http_404"},
    {"name": "bad two", "breaks": "http_404"},
    {"name": "slow one", "breaks": "timed_out"},
]


def open_run(page: Page, served: Served, run_id: int, tab: str = "") -> None:
    page.goto(f"{served.url}/jobs/{run_id}{'?tab=' + tab if tab else ''}")


def test_a_run_is_followed_live_to_its_end(page: Page, served: Served) -> None:
    run = launch(served, {"children": [{"name": "held", "wait": True}, {"name": "quick"}]}, {"count": 3})
    started(served, "held")
    open_run(page, served, run)
    expect(page.locator("#live")).to_have_text("live")
    tree = page.get_by_role("tree")
    expect(tree.locator(".step-row").first).to_contain_text("1 of 2")
    expect(tree.locator(".child", has_text="held")).to_contain_text("running")
    expect(tree.locator(".step-row").nth(1)).to_contain_text("waiting")
    release(served, "held")
    expect(page.locator("#run-head .head .state")).to_have_text("completed")
    expect(page.locator("#run-head")).to_contain_text("5 of 5")
    expect(tree.locator(".step-row").nth(1)).to_contain_text("3 of 3")
    expect(tree.locator(".child", has_text="held")).to_contain_text("completed")


def test_what_is_not_planned_yet_is_not_counted_as_all(page: Page, served: Served) -> None:
    run = launch(served, {"children": [{"name": "held", "wait": True}]}, {"count": 1})
    started(served, "held")
    open_run(page, served, run)
    expect(page.locator("#run-head")).to_contain_text("0 of 1 known so far")
    release(served, "held")
    expect(page.locator("#run-head")).to_contain_text("2 of 2")
    expect(page.locator("#run-head")).not_to_contain_text("known so far")


def test_a_run_is_paused_resumed_and_cancelled_by_its_buttons(page: Page, served: Served) -> None:
    run = launch(served, {"children": [{"name": "held", "wait": True}, {"name": "later", "wait": True}]})
    started(served, "held")
    open_run(page, served, run)
    state = page.locator("#run-head .head .state")
    page.get_by_role("button", name="Pause").click()
    expect(state).to_have_text("paused")
    expect(page.locator(".note")).to_contain_text(f"quaero jobs resume {run}")
    page.locator(".note").get_by_role("button", name="Resume").click()
    expect(state).to_have_text("running")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Leave it").click()
    expect(state).to_have_text("running")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(state).to_have_text("cancelled")
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    assert ended(served, run).state is JobState.CANCELLED


def test_the_keyboard_alone_pauses_resumes_and_cancels(page: Page, served: Served) -> None:
    run = launch(served, {"children": [{"name": "held", "wait": True}]})
    started(served, "held")
    open_run(page, served, run)
    state = page.locator("#run-head .head .state")
    page.keyboard.press("p")
    expect(state).to_have_text("paused")
    page.keyboard.press("p")
    expect(state).to_have_text("running")
    page.keyboard.press("x")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(state).to_have_text("cancelled")


def test_what_failed_is_tried_again(page: Page, served: Served) -> None:
    run = launch(served, {"children": MIXED})
    assert ended(served, run).state is JobState.COMPLETED
    open_run(page, served, run)
    expect(page.locator("#run-head")).to_contain_text("3 failed")
    page.get_by_role("button", name="Retry failed").click()
    expect(page.get_by_role("alert")).to_contain_text("tried again")
    ended(served, run)
    assert served.worker.executed["bad one"] == 2
    assert served.worker.executed["good one"] == 1


def test_a_run_again_leads_to_the_new_run(page: Page, served: Served) -> None:
    run = launch(served, {"count": 1})
    ended(served, run)
    open_run(page, served, run)
    page.get_by_role("button", name="Run again").click()
    page.wait_for_url(lambda url: url != f"{served.url}/jobs/{run}")
    expect(page.locator("#run-head")).to_contain_text(f"rerun of run {run}")


def test_a_run_is_deleted_with_or_without_its_documents(page: Page, served: Served) -> None:
    for number, (button, left) in enumerate((("Delete", 1), ("Delete with its documents", 0))):
        run = launch(served, {"children": [{"name": f"doc {number}", "document": "text"}]}, id=f"d{number}")
        ended(served, run)
        open_run(page, served, run)
        page.get_by_text("More", exact=True).last.click()
        page.get_by_role("button", name=button, exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name=button, exact=True).click()
        page.wait_for_url(f"{served.url}/jobs")
        expect(page.locator("table.jobs")).to_have_count(0)
        stats = served.call(lambda engine: engine.store.document_stats())
        assert sum(each.documents for each in stats) == left + (number and 1)


def test_the_priority_of_an_open_run_is_changed(page: Page, served: Served) -> None:
    run = launch(served, {"children": [{"name": "held", "wait": True}]})
    started(served, "held")
    open_run(page, served, run)
    page.get_by_text("More", exact=True).last.click()
    page.get_by_role("button", name="Priority high").click()
    expect(page.locator("#run-head")).to_contain_text("-10")
    release(served, "held")
    ended(served, run)


def test_commands_are_copied(page: Page, served: Served) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    run = launch(served, {"count": 1})
    ended(served, run)
    open_run(page, served, run)
    page.get_by_text("More", exact=True).last.click()
    page.get_by_role("button", name="Copy as command").click()
    expect(page.get_by_role("alert")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"quaero jobs tree {run}"
    page.get_by_role("button", name="Copy as curl").click()
    expect(page.locator(".notice")).to_have_count(2)
    curl = page.evaluate("navigator.clipboard.readText()")
    assert curl.endswith(f"{served.url}/api/jobs/{run}")
    assert "a-token-for-tests-only" not in curl


def test_errors_come_in_groups_that_lead_to_their_jobs(page: Page, served: Served) -> None:
    run = launch(served, {"children": MIXED})
    ended(served, run)
    open_run(page, served, run, "errors")
    rows = page.locator("#run-errors tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("http_404")
    expect(rows.first.locator("td").first).to_have_text("2")
    rows.first.get_by_role("link", name="First one").click()
    expect(page.locator("h1")).to_have_text("bad one")
    expect(page.locator("pre[aria-label=Error]")).to_have_text("it broke")
    page.get_by_role("link", name="Next http_404").click()
    expect(page.locator("h1")).to_have_text("bad two")


def test_an_odd_error_code_leads_to_its_jobs_and_a_step_that_failed_to_itself(
    page: Page, served: Served
) -> None:
    run = launch(
        served, {"children": [{"name": "odd", "breaks": 'my "odd" code'}], "fail_planning": "no plan"}
    )
    other = launch(served, {"children": [{"name": "odd", "breaks": 'my "odd" code'}]}, id="other")
    for each in (run, other):
        ended(served, each)
    open_run(page, served, run, "errors")
    expect(page.locator("#run-errors tbody")).to_contain_text("no plan")
    open_run(page, served, other, "errors")
    page.locator("#run-errors tbody td").get_by_role("link", name="1").first.click()
    expect(page.locator("table.jobs tbody tr")).to_have_count(1)
    expect(page.locator("table.jobs tbody tr")).to_contain_text("odd")


def test_the_log_is_filtered_and_goes_on_by_itself(page: Page, served: Served) -> None:
    children = [{"name": "talks", "log": "first line"}, {"name": "held", "wait": True, "log": "held line"}]
    run = launch(served, {"children": [*children, {"name": "breaks", "breaks": "broken"}]})
    started(served, "held")
    open_run(page, served, run, "log")
    log = page.get_by_role("log")
    expect(log).to_contain_text("first line")
    expect(log).not_to_contain_text("held line")  # lines are stored with the end of their job
    release(served, "held")
    expect(log).to_contain_text("held line")
    page.get_by_label("Level").select_option("error")
    page.get_by_role("button", name="Show").click()
    expect(log).to_contain_text("it broke")
    expect(log).not_to_contain_text("first line")
    page.get_by_label("Text in the lines").fill("nowhere")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#log-empty")).to_contain_text("No line matches")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.endswith(".log")


def test_the_fate_of_each_url_is_told(page: Page, served: Served) -> None:
    twin = {"name": "twin", "document": "x", "claims": ["good"], "key": "twin"}
    first = launch(served, {"children": [{"name": "kept", "document": "same"}]})
    ended(served, first)
    children = [
        {"name": "kept", "document": "same"},
        {"name": "good", "key": "good", "document": "text"},
        {"name": "gone", "breaks": "http_404"},
        {"name": "left", "note": "not allowed by robots.txt"},
    ]
    run = launch(served, {"children": [*children]}, {"children": [{"name": "other", "key": "good"}, twin]})
    ended(served, run)
    open_run(page, served, run, "urls")
    fates = {
        row.locator("th").inner_text(): row.locator("td").first.inner_text()
        for row in page.locator("table.fates tbody tr").all()
    }
    assert fates["kept"] == "unchanged"
    assert fates["good"] == "stored"
    assert "failed" in fates["gone"]
    assert "left out" in fates["left"]
    assert "duplicate" in fates["twin"]
    page.get_by_label("Fate").select_option("failed")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("table.fates tbody tr")).to_have_count(1)
    expect(page.locator("table.fates")).to_contain_text("it broke")


def test_the_timeline_shows_each_step_with_its_numbers(page: Page, served: Served) -> None:
    run = launch(served, {"children": MIXED}, {"count": 5})
    ended(served, run)
    open_run(page, served, run, "timeline")
    lanes = page.locator("figure.lane")
    expect(lanes).to_have_count(2)
    told = " ".join(lanes.first.locator("rect > title").all_text_contents())
    assert "3 failed" in told or "1 failed" in told
    expect(lanes.nth(1)).to_contain_text("5 of 5")


def test_the_definition_is_shown_as_it_was_launched(page: Page, served: Served) -> None:
    run = launch(served, {"count": 2}, id="as-it-was")
    ended(served, run)
    open_run(page, served, run, "definition")
    expect(page.locator("pre")).to_contain_text('id = "as-it-was"')
    expect(page.locator("pre")).to_contain_text("count = 2")


def test_a_job_says_where_it_belongs_and_what_happened_to_it(page: Page, served: Served) -> None:
    spawned = {"name": "found", "fails": 1, "log": "here I am"}
    run = launch(served, {"children": [{"name": "finder", "spawn": [spawned]}]})
    ended(served, run)
    jobs = children_of(served, run)
    page.goto(f"{served.url}/jobs/{jobs['found'].id}")
    crumbs = page.locator(".crumbs")
    expect(crumbs).to_contain_text(f"run {run}")
    expect(crumbs).to_contain_text("step 1")
    head = page.locator("#job-head")
    expect(head).to_contain_text(f"by job {jobs['finder'].id}")
    history = page.locator(".history li")
    expect(history.first).to_contain_text(f"found by job {jobs['finder'].id} at depth 1")
    expect(history.last).to_contain_text("running → completed")
    expect(page.get_by_role("log")).to_contain_text("here I am")
    expect(page.locator("pre[aria-label=Config]")).to_contain_text('"fails": 1')
    page.keyboard.press("u")
    page.wait_for_url(f"{served.url}/jobs/{steps_of(served, run)[0].id}")
    expect(page.locator("#job-head")).to_contain_text("2 of 2")


def test_one_pending_job_is_paused_resumed_and_cancelled(page: Page, served: Served) -> None:
    run = launch(served, {"children": [{"name": "held", "wait": True}, {"name": "next"}], "concurrency": 1})
    started(served, "held")
    job = children_of(served, run)["next"]
    page.goto(f"{served.url}/jobs/{job.id}")
    state = page.locator("#job-head .head .state")
    page.get_by_role("button", name="Pause").click()
    expect(state).to_have_text("paused")
    page.get_by_role("button", name="Resume").click()
    expect(state).to_have_text("pending")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(state).to_have_text("cancelled")
    page.get_by_role("button", name="Retry").click()
    expect(state).to_have_text("pending")
    release(served, "held")
    expect(state).to_have_text("completed")


def test_hostile_names_logs_and_errors_are_only_text(
    page: Page, served: Served, picture: Callable[..., Path]
) -> None:
    long = "long " * 2_000
    children = [
        {"name": HOSTILE, "log": HOSTILE, "raises": HOSTILE},
        {"name": long, "raises": long},
        {"name": "two lines", "log": "one\n\u202etwo</p><script>alert(1)</script>"},
    ]
    run = launch(served, {"children": children})
    ended(served, run)
    jobs = children_of(served, run)
    paths = [f"{run}?tab={tab}" for tab in ("tree", "errors", "log", "urls", "timeline", "definition")]
    page.set_viewport_size({"width": 360, "height": 740})
    for path in [*paths, *(str(job.id) for job in jobs.values())]:
        page.goto(f"{served.url}/jobs/{path}")
        page.wait_for_load_state("load")
        assert page.evaluate("document.title !== 'owned' && !document.querySelector('main script, main img')")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert "\u202e" not in page.locator("main").inner_text(), path
        picture(page, path)


def test_the_menu_fits_a_phone(page: Page, served: Served, picture: Callable[..., Path]) -> None:
    run = launch(served, {"children": [{"name": "held", "wait": True}]})
    started(served, "held")
    page.set_viewport_size({"width": 360, "height": 740})
    for job_id in (run, children_of(served, run)["held"].id):
        page.goto(f"{served.url}/jobs/{job_id}")
        page.get_by_text("More", exact=True).last.click()
        expect(page.get_by_role("button", name="Copy as curl")).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        picture(page, str(job_id))
    release(served, "held")
    ended(served, run)


def test_an_unknown_job_is_not_found(served: Served) -> None:
    with served.client() as client:
        for path in ("999", "abc", "0x1", "9" * 30):
            assert client.get(f"/jobs/{path}").status_code == 404


@pytest.mark.parametrize("tab", ["tree", "errors", "log", "urls", "timeline"])
def test_a_run_without_anything_says_so(page: Page, served: Served, tab: str) -> None:
    run = launch(served, {})
    ended(served, run)
    open_run(page, served, run, tab)
    said = {
        "tree": "No jobs yet",
        "errors": "Nothing failed",
        "log": "Nothing was logged",
        "urls": "This run had no jobs",
        "timeline": "no jobs",
    }
    if tab == "timeline":
        expect(page.get_by_role("img", name="no jobs")).to_be_visible()
    else:
        expect(page.locator("main")).to_contain_text(said[tab])


def test_a_step_groups_its_jobs_by_host_and_depth(page: Page, served: Served) -> None:
    children: list[dict[str, Any]] = [
        {"name": f"page {number}", "host": f"host-{number % 2}.example"} for number in range(3)
    ]
    children.append({"name": "bad", "host": "host-0.example", "breaks": "x", "spawn": []})
    children.append({"name": "finder", "host": "host-1.example", "spawn": [{"name": "found"}]})
    run = launch(served, {"children": children})
    ended(served, run)
    page.goto(f"{served.url}/jobs/{steps_of(served, run)[0].id}")
    hosts, depths = page.locator("table.groups").all()
    expect(hosts.locator("tbody tr")).to_have_count(3)
    expect(hosts.locator("tbody tr").first).to_contain_text("host-0.example")
    expect(depths.locator("tbody th")).to_have_text(["0", "1"])
    hosts.get_by_role("link", name="host-0.example").click()
    expect(page.get_by_label("Filter")).to_have_value(f"parent:{run + 1} host:host-0.example")
    expect(page.locator("table.jobs tbody tr")).to_have_count(3)


def test_the_fates_are_downloaded_as_a_table(page: Page, served: Served) -> None:
    run = launch(served, {"children": MIXED})
    ended(served, run)
    open_run(page, served, run, "urls")
    for link, part in (("CSV", "bad one,failed"), ("JSON lines", '"fate":"failed"')):
        with page.expect_download() as download:
            page.get_by_role("link", name=link).click()
        assert part in download.value.path().read_text()


def test_the_title_of_the_tab_follows_the_run(page: Page, served: Served) -> None:
    run = launch(served, {"children": [{"name": "held", "wait": True}]})
    started(served, "held")
    open_run(page, served, run)
    expect(page).to_have_title("running: Test · Quaero")
    release(served, "held")
    expect(page).to_have_title("completed: Test · Quaero")
