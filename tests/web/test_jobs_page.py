"""The list of runs and jobs: filters, counts, order, pages, and one thing done to all that match."""

from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Locator, Page, expect

from quaero.models.job import JobState
from quaero.views.job_query import parse_job_query
from quaero.web.pages.jobs import with_state
from tests.web.runs import children_of, ended, launch, release, started
from tests.web.serving import Served

HOSTILE = '<script>document.title="owned"</script>"\'><img src=x onerror=alert(1)>\u202egpj.exe'


def open_jobs(page: Page, served: Served, query: str = "") -> None:
    page.goto(f"{served.url}/jobs{query}")


def rows(page: Page) -> Locator:
    return page.locator("table.jobs tbody tr")


def test_without_any_run_it_says_what_to_do(page: Page, served: Served, picture: Callable[..., Path]) -> None:
    open_jobs(page, served)
    expect(page.locator(".empty")).to_contain_text("Nothing has been run yet")
    expect(page.locator(".empty").get_by_role("link", name="Run a definition")).to_be_visible()
    picture(page)


def test_runs_show_their_state_progress_and_documents_live(page: Page, served: Served) -> None:
    open_jobs(page, served)
    expect(page.locator("#live")).to_have_text("live")
    run = launch(
        served,
        {
            "children": [
                {"name": "held", "wait": True},
                {"name": "d", "document": "x"},
                {"name": "b", "breaks": "x"},
            ]
        },
    )
    started(served, "held")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("running")
    expect(rows(page)).to_contain_text("2 of 3")
    expect(rows(page)).to_contain_text("1 failed")
    expect(rows(page)).to_contain_text("1 new")
    release(served, "held")
    expect(rows(page)).to_contain_text("completed")
    expect(rows(page)).to_contain_text("3 of 3")
    rows(page).get_by_role("link", name="Test").first.click()
    page.wait_for_url(f"{served.url}/jobs/{run}")


def test_a_run_that_does_not_go_on_says_why(page: Page, served: Served) -> None:
    run = launch(served, {"children": [{"name": "held", "wait": True}]})
    started(served, "held")
    served.call(lambda engine: engine.control.pause(run))
    open_jobs(page, served)
    expect(rows(page)).to_contain_text(f"Paused. Let it go on: quaero jobs resume {run}")
    served.call(lambda engine: engine.control.cancel(run))


def test_the_counts_lead_to_the_jobs_in_that_state(page: Page, served: Served) -> None:
    good, bad = launch(served, {"count": 1}), launch(served, {"children": [{"breaks": "x"}]}, id="other")
    ended(served, good)
    ended(served, bad)
    open_jobs(page, served)
    counts = page.get_by_label("By state")
    expect(counts.get_by_role("link")).to_have_text(["all 2", "failed 1", "completed 1"])
    counts.get_by_role("link", name="failed").click()
    expect(page.get_by_label("Filter")).to_have_value("state:failed")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("other")
    counts.get_by_role("link", name="all").click()
    expect(rows(page)).to_have_count(2)


def test_a_filter_is_typed_and_kept_in_the_address(page: Page, served: Served) -> None:
    run = launch(served, {"children": [{"name": "needle one"}, {"name": "hay"}]})
    ended(served, run)
    open_jobs(page, served)
    page.keyboard.press("f")
    page.keyboard.type("needle")
    page.keyboard.press("Enter")
    expect(page.locator(".empty")).to_contain_text("No run matches")
    page.get_by_role("link", name="look in all jobs").click()
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("needle one")
    assert "filter=needle" in page.url
    assert "show=all" in page.url
    page.reload()
    expect(rows(page)).to_have_count(1)


def test_the_jobs_of_a_parent_are_found_without_asking_for_all_jobs(page: Page, served: Served) -> None:
    run = launch(served, {"count": 3})
    ended(served, run)
    parent = children_of(served, run)["child 0"].parent_id
    open_jobs(page, served, f"?filter=parent:{parent}")
    expect(rows(page)).to_have_count(3)
    expect(rows(page).first).to_contain_text("child 2")
    page.get_by_label("Order").select_option("oldest first")
    expect(rows(page).first).to_contain_text("child 0")


def test_a_filter_that_cannot_be_read_is_explained(page: Page, served: Served) -> None:
    open_jobs(page, served, "?filter=sate:failed")
    problem = page.locator("#filter-problem")
    expect(problem).to_contain_text("This filter cannot be read")
    expect(problem).to_contain_text("state")
    expect(page.get_by_label("Filter")).to_have_value("sate:failed")
    page.get_by_text("What a filter can say").click()
    page.get_by_role("link", name="kind:run").click()
    expect(problem).to_have_count(0)


def test_what_failed_comes_first_on_demand_over_all_pages(page: Page, served: Served) -> None:
    children = [
        {"name": f"bad {n}", "breaks": "x"} if n % 3 == 0 else {"name": f"good {n}"} for n in range(160)
    ]
    ended(served, launch(served, {"children": children}))
    open_jobs(page, served, "?show=all&filter=kind:child")
    page.get_by_label("Order").select_option("failed")
    seen: list[str] = []
    while True:
        expect(page.get_by_label("Order")).to_have_value("failed")
        seen += page.locator("table.jobs tbody th > a").all_inner_texts()
        following = page.get_by_role("link", name="Next page")
        if not following.count():
            break
        with page.expect_navigation():
            following.click()
    assert len(seen) == len(set(seen)) == 160
    kinds = [name.split()[0] for name in seen]
    assert kinds == ["bad"] * 54 + ["good"] * 106


def test_hostile_names_are_only_text_and_fit_a_phone(
    page: Page, served: Served, picture: Callable[..., Path]
) -> None:
    run = launch(served, {"children": [{"name": HOSTILE, "raises": HOSTILE}, {"name": "long " * 2_000}]})
    ended(served, run)
    page.set_viewport_size({"width": 360, "height": 740})
    for query in ("?show=all", "", "?filter=%3Cscript%3Ealert(1)%3C%2Fscript%3E", '?filter=x:"><b>'):
        open_jobs(page, served, query)
        assert page.evaluate(
            "document.title !== 'owned' && !document.querySelector('main :is(script, img, b b)')"
        )
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), query
        assert "\u202e" not in page.locator("main").inner_text()
        picture(page, query)


def test_a_cursor_that_no_page_gave_is_refused(served: Served) -> None:
    with served.client() as client:
        for query in ("cursor=x", "cursor=1.5", "order=failed&cursor=7", "order=failed&cursor=failed-x"):
            answer = client.get(f"/jobs?{query}")
            assert (answer.status_code, answer.json()["code"]) == (400, "usage"), query


@given(
    st.lists(
        st.sampled_from(["state:failed", "state:running,paused", "age:<1d", "word", 'name:"a state:x"'])
    ),
    st.sampled_from([*JobState]),
)
def test_another_state_takes_the_place_of_the_one_in_a_filter(parts: list[str], state: JobState) -> None:
    others = [part for part in parts if not part.startswith("state:")]
    text = with_state(" ".join(parts), state)
    assert text == " ".join([*others, f"state:{state}"])
    if others.count("age:<1d") < 2 and not any(part.startswith("name:") for part in others):
        assert parse_job_query(text).states == (state,)
