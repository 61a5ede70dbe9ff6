"""The cards of all definitions, and what can be done from there."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from quaero.jobs.engine import Engine
from tests.kit import script_definition, script_step
from tests.web.looks import fits
from tests.web.serving import Served
from tests.web.written import DOCS, HOSTILE, WIKI, keep

Picture = Callable[..., Path]


@pytest.fixture
def definitions(page: Page, served: Served) -> Page:
    served.call(lambda engine: keep(engine, DOCS, WIKI))
    page.goto(f"{served.url}/definitions")
    return page


def test_without_definitions_the_page_says_what_they_are(
    page: Page, served: Served, picture: Picture
) -> None:
    page.goto(f"{served.url}/definitions")
    expect(page.locator(".empty")).to_contain_text("You have no definitions yet")
    page.locator(".empty").get_by_role("link", name="Write one").click()
    page.wait_for_url("**/definitions/new")


def test_a_card_tells_what_a_definition_does_when_it_ran_and_when_it_runs_next(
    definitions: Page, served: Served, picture: Picture
) -> None:
    run_id = served.call(lambda engine: _run(engine, "docs"))
    definitions.reload()
    card = card_of(definitions, "docs")
    expect(card).to_contain_text(f"The docs {HOSTILE}")
    expect(card).to_contain_text(f"All pages {HOSTILE}")
    expect(card).to_contain_text("work (script)")
    expect(card).to_contain_text("At 03:00 every day")
    expect(card.get_by_role("link", name=str(run_id))).to_be_visible()
    expect(card.locator(".state")).to_have_text("completed")
    expect(card_of(definitions, "wiki")).to_contain_text("when somebody starts it")
    assert definitions.title() == "Definitions · Quaero"
    picture(definitions)
    definitions.emulate_media(color_scheme="dark")
    definitions.set_viewport_size({"width": 360, "height": 740})
    assert fits(definitions)
    picture(definitions, "phone in the dark")


def test_the_filter_follows_what_is_typed_and_stays_in_the_address(definitions: Page) -> None:
    definitions.keyboard.press("f")
    definitions.keyboard.type("python docs")
    expect(card_of(definitions, "wiki")).to_have_count(0)
    expect(card_of(definitions, "docs")).to_be_visible()
    definitions.wait_for_url("**/definitions?q=python+docs")
    definitions.reload()
    expect(card_of(definitions, "wiki")).to_have_count(0)
    definitions.get_by_label("Filter the definitions").fill("nothing of that kind")
    expect(definitions.locator(".empty")).to_contain_text("matches “nothing of that kind”")


def test_a_definition_is_run_from_its_card(definitions: Page, served: Served) -> None:
    card_of(definitions, "wiki").get_by_role("button", name="Run now").click()
    definitions.wait_for_url(re.compile(r"/jobs/\d+$"))
    run_id = int(definitions.url.rpartition("/")[2])
    assert served.call(lambda engine: engine.store.job(run_id)).type == "wiki"


def test_a_definition_is_switched_off_and_on(definitions: Page, served: Served) -> None:
    card = card_of(definitions, "docs")
    switch = card.get_by_role("switch")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(card).to_contain_text("switched off")
    expect(card.get_by_role("button", name="Run now")).to_be_disabled()
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")
    assert served.call(lambda engine: engine.control.definition("docs")).definition.enabled


def test_a_definition_is_exported_copied_and_deleted(definitions: Page, served: Served) -> None:
    menu = card_of(definitions, "wiki").locator("details")
    menu.locator("summary").click()
    with definitions.expect_download() as download:
        menu.get_by_role("link", name="Export").click()
    assert download.value.suggested_filename == "wiki.toml"
    assert Path(download.value.path()).read_text() == WIKI
    menu.get_by_role("button", name="Delete").click()
    definitions.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(card_of(definitions, "wiki")).to_have_count(0)
    copied = card_of(definitions, "docs").locator("details")
    copied.locator("summary").click()
    copied.get_by_role("link", name="Copy").click()
    definitions.wait_for_url("**/definitions/new?from=docs")
    expect(definitions.get_by_label("Definition in TOML")).to_have_value(
        DOCS.replace('"docs"', '"docs-copy"', 1).replace(f"The docs {HOSTILE}", f"The docs {HOSTILE} (copy)")
    )


def card_of(page: Page, definition_id: str) -> Locator:
    return page.locator(f'[data-row="definition-{definition_id}"]')


async def _run(engine: Engine, definition_id: str) -> int:
    run_id = await engine.control.launch(script_definition(script_step(count=1), id=definition_id))
    async for _ in engine.hub.follow(run_id):
        pass
    return run_id
