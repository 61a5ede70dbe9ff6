"""Workers, settings, schedule and help."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from quaero.jobs.engine import Engine
from quaero.models.schedule import times
from quaero.settings import load
from quaero.store.transitions.gates import Gate
from quaero.web.manual import errors, explained
from quaero.web.pages.settings import ACTS, Setting
from quaero.web.week import DAYS, MOST_COUNTED, times_by_day
from tests.kit import script_definition, script_step
from tests.web.looks import fits
from tests.web.serving import Served, served_at
from tests.web.written import HOSTILE, STEP, keep

Picture = Callable[..., Path]
NIGHTLY = (
    f'id = "nightly"\nname = "Nightly {HOSTILE}"\nschedule = "30 2 * * *"\ntimezone = "Europe/Paris"\n{STEP}'
)
OFTEN = f'id = "often"\nname = "Often"\nschedule = "* * * * *"\n{STEP}'


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[Served]:
    """A server that executes nothing itself."""
    with served_at(f"sqlite:///{tmp_path}/web.db", working=False) as served:
        yield served


def test_workers_shows_who_has_what_in_hand_and_how_the_queue_and_the_store_are(
    page: Page, served: Served, picture: Picture
) -> None:
    children = [{"name": f"slow {HOSTILE}", "wait": True}]
    waits = script_definition(script_step(children=children, count=3, concurrency=1), id="waits")

    async def begin(engine: Engine) -> None:
        await engine.control.launch(waits)
        await served.worker.start_of(f"slow {HOSTILE}").wait()

    served.call(begin)
    page.goto(f"{served.url}/workers")
    server = page.locator("#processes article")
    expect(server).to_contain_text("server")
    expect(server).to_contain_text("it is the orchestrator for all")
    expect(server.get_by_role("link", name=f"slow {HOSTILE}")).to_be_visible()
    expect(page.locator("#queue")).to_contain_text("scripted")
    expect(page.locator("#store")).to_contain_text("web.db")
    expect(page.locator("#store")).to_contain_text("last backup")
    picture(page)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 360, "height": 740})
    assert fits(page)
    picture(page, "phone in the dark")
    served.worker.release(f"slow {HOSTILE}")


def test_a_server_that_executes_nothing_says_that_nobody_does(idle: Served) -> None:
    with idle.client() as client:
        text = client.get("/workers").text
    assert "Nobody executes jobs" in text


def test_everything_and_each_kind_of_thing_is_paused_limited_and_let_go_on(
    page: Page, served: Served
) -> None:
    page.goto(f"{served.url}/workers")
    form, gates = page.locator("#gate"), page.locator("#gates")
    form.get_by_role("button", name="Pause").click()
    expect(gates.locator("tr", has_text="everything").locator(".state")).to_have_text("paused")
    gates.get_by_role("button", name="Resume").click()
    expect(gates).to_contain_text("Nothing is paused or limited")
    form.get_by_label("What is held back").select_option("host")
    form.get_by_label("Its name").fill("docs.example.org")
    form.get_by_label("Jobs at once").fill("3")
    form.get_by_role("button", name="Limit").click()
    row = gates.locator("tr", has_text="host docs.example.org")
    expect(row).to_contain_text("3")
    row.get_by_role("button", name="Pause").click()
    expect(row.locator(".state")).to_have_text("paused")
    gate = Gate("host", "docs.example.org", 3, paused=True)
    assert served.call(lambda engine: engine.store.gates()) == (gate,)
    row.get_by_role("button", name="Resume").click()
    row.get_by_role("button", name="No limit").click()
    expect(gates).to_contain_text("Nothing is paused or limited")
    form.get_by_label("What is held back").select_option("type")
    form.get_by_label("Its name").fill("scriptde")
    form.get_by_role("button", name="Pause").click()
    expect(form.locator(".problem")).to_contain_text("scripted")


def test_variables_are_set_changed_and_deleted(page: Page, served: Served, picture: Picture) -> None:
    page.goto(f"{served.url}/settings")
    form, variables = page.locator("#variable"), page.locator("#variables")
    expect(variables).to_contain_text("There are no variables")
    form.get_by_label("Name of the variable").fill("Team")
    form.get_by_label("Its value").fill(HOSTILE)
    form.get_by_role("button", name="Set").click()
    row = variables.locator("tr", has_text="team")
    expect(row).to_contain_text(HOSTILE)
    row.get_by_role("button", name="Change").click()
    expect(form.get_by_label("Its value")).to_be_focused()
    form.get_by_label("Its value").fill("blue")
    form.get_by_role("button", name="Set").click()
    expect(row).to_contain_text("blue")
    picture(page)
    page.set_viewport_size({"width": 360, "height": 740})
    assert fits(page)
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(variables).to_contain_text("There are no variables")
    form.get_by_label("Name of the variable").fill("no name")
    form.get_by_role("button", name="Set").click()
    expect(form.locator(".problem")).not_to_be_empty()


def test_what_people_did_is_listed_newest_first_page_by_page(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/settings")
    expect(page.locator("#acts")).to_contain_text("Nothing has been changed")
    with served.client() as client:
        for number in range(ACTS):
            client.put(f"/api/variables/v{number}", json={"value": "of no interest"})
        client.delete("/api/variables/unknown")
    page.reload()
    expect(page.locator("#acts")).to_contain_text("31 in all")
    first = page.locator("#acts tbody tr").first
    expect(first).to_contain_text("delete variable")
    expect(first.get_by_role("link", name="not_found")).to_be_visible()
    assert "of no interest" not in page.locator("#acts").inner_text()
    page.get_by_role("link", name="Older ones").click()
    expect(page.locator("#acts tbody tr")).to_have_count(1)
    expect(page.locator("#acts tbody")).to_contain_text("/api/variables/v0")


def test_each_setting_has_a_line_that_would_set_it_or_says_that_only_its_variable_does(
    tmp_path: Path,
) -> None:
    shown = {origin.key: Setting.of(origin) for origin in load("sqlite:///a.db", None, {}, tmp_path).origins}
    assert (shown["queue.lease"].table, shown["queue.lease"].line) == ("[queue]", 'lease = "60s"')
    assert (shown["database"].table, shown["database"].line) == ("", 'database = "sqlite:///quaero.db"')
    assert shown["web.token"].line == ""
    assert all(each.line for key, each in shown.items() if not key.endswith(("token", "key")))


def test_the_schedule_shows_the_week_the_next_times_and_what_went_wrong(
    page: Page, served: Served, picture: Picture
) -> None:
    page.goto(f"{served.url}/schedule")
    expect(page.locator(".empty")).to_contain_text("No definition has a schedule")
    served.call(lambda engine: keep(engine, NIGHTLY, OFTEN))
    page.reload()
    expect(page.locator(".week > li")).to_have_count(DAYS)
    expect(page.locator(".week > li").last).to_contain_text("Nightly")
    row = page.locator('[data-row="schedule-nightly"]')
    expect(row).to_contain_text(f"Nightly {HOSTILE}")
    expect(row).to_contain_text("At 02:30 every day")
    expect(row).to_contain_text("the clock")  # what the next change of it does
    picture(page)
    row.get_by_role("switch").click()
    expect(row).to_contain_text("switched off")
    expect(page.locator(".week > li").last).not_to_contain_text("Nightly")
    row.get_by_role("switch").click()
    expect(row).not_to_contain_text("switched off")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 360, "height": 740})
    assert fits(page)
    picture(page, "phone in the dark")


def test_help_explains_the_words_the_keys_the_search_and_the_filter(
    page: Page, served: Served, picture: Picture
) -> None:
    page.goto(f"{served.url}/")
    page.keyboard.press("g")
    page.keyboard.press("?")
    page.wait_for_url("**/help")
    expect(page.locator("#words")).to_contain_text("a numbered right to one job, for a time")
    expect(page.locator("#search")).to_contain_text('"rate limit"')
    expect(page.locator("#filter")).to_contain_text("state:failed,cancelled")
    picture(page)
    page.set_viewport_size({"width": 360, "height": 740})
    assert fits(page)
    page.get_by_text("Of any job").click()
    page.locator("#errors").get_by_role("link", name="lease_lost").click()
    expect(page.locator("main")).to_contain_text("the process that worked on it was lost")


def test_every_error_code_has_a_page(served: Served) -> None:
    codes = [each.code for each in errors()]
    assert {"usage", "conflict", "timeout", "http_*"} <= set(codes)
    with served.client() as client:
        for code in codes:
            answer = client.get(f"/help/errors/{code}")
            assert answer.status_code == 200, code
            assert re.search(r"<dt>meaning</dt><dd>\S", answer.text), code


def test_a_code_of_a_family_is_explained_by_it_and_a_strange_one_is_said_to_be_strange(
    served: Served,
) -> None:
    family = explained("http_418")
    assert family is not None
    assert family.code == "http_*"
    with served.client() as client:
        strange = client.get("/help/errors/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
        unknown = client.get("/help/errors/of_a_plugin")
    assert "<script>alert" not in strange.text
    assert unknown.status_code == 404
    assert "Kinds of work that other packages bring" in unknown.text


def test_the_week_counts_what_is_too_much_to_be_shown() -> None:
    noon = 1_800_014_400_000
    once = times_by_day(times("0 12 * * *", "UTC", noon), noon, "UTC")
    assert [day.shown for day in once] == [(), *[("12:00",)] * (DAYS - 1)]
    often = times_by_day(times("* * * * *", "UTC", noon), noon, "UTC")
    assert (often[0].shown, often[0].more) == (("12:01", "12:02", "12:03"), MOST_COUNTED - 3)
    assert all(day and day.uncounted for day in often)
    hourly = times_by_day(times("0 * * * *", "UTC", noon), noon, "Europe/Paris")
    assert (hourly[0].shown, hourly[0].more, hourly[0].uncounted) == (("14:00", "15:00", "16:00"), 7, False)
