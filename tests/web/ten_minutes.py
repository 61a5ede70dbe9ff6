"""What somebody new does in the browser in the first ten minutes; the tutorial shows it picture by picture."""

from collections.abc import Callable
from typing import Final

from playwright.sync_api import Page, expect

Show = Callable[[Page, str], None]
"""Called at each picture of the tutorial, with its name."""

DEFINITION: Final = """id = "handbook"
name = "The handbook"
tags = ["docs"]
schedul = "0 3 * * *"

[[steps]]
name = "crawl"
action = "crawl"

[steps.config]
start_urls = ["https://docs.example.org/"]
max_pages = 200
"""


def walk(page: Page, entry: str, show: Show) -> None:
    """From the address that `quaero serve` printed to a definition with a schedule."""
    page.goto(entry)
    expect(page.get_by_role("heading", name="Welcome to Quaero")).to_be_visible()
    show(page, "welcome")

    page.get_by_role("button", name="Try the sample site").click()
    page.wait_for_url("**/jobs/*")
    expect(page.locator("#run-head .state").first).to_have_text("completed", timeout=60_000)
    expect(page.locator("[role=treeitem]").first).to_be_visible()
    show(page, "run")

    page.get_by_role("link", name="Errors").click()
    expect(page.locator("main")).to_contain_text("http_404")
    show(page, "errors")

    page.get_by_role("link", name="Documents", exact=True).click()
    page.wait_for_url("**/documents**")
    page.get_by_role("searchbox", name="Search the documents").fill("worker killed lease")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    expect(page.locator("main mark").first).to_be_visible()
    show(page, "search")

    page.get_by_role("link", name="Leases").first.click()
    page.wait_for_url("**/documents/*")
    expect(page.get_by_role("heading", name="Leases").first).to_be_visible()
    show(page, "document")

    page.get_by_role("link", name="Definitions", exact=True).click()
    page.wait_for_url("**/definitions")
    page.goto(page.url + "/new")
    page.get_by_label("Definition in TOML").fill(DEFINITION)
    expect(page.locator("#complaints")).to_contain_text("Did you mean schedule?")
    show(page, "editor")

    page.get_by_role("button", name="Did you mean schedule?").click()
    expect(page.locator("#complaints")).to_contain_text("Yes, it can be run.")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/definitions/handbook")
    page.get_by_role("link", name="Home").click()
    expect(page.locator("#next")).to_contain_text("The handbook")
    show(page, "home")
