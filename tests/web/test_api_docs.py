"""The page that describes the API."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.web.serving import Served


def test_the_api_is_described_on_a_page_of_its_own(
    page: Page, served: Served, picture: Callable[..., Path]
) -> None:
    page.goto(f"{served.url}/api/docs")
    operation = page.locator("#set_variable")
    expect(operation).to_contain_text("PUT /api/variables/{name}")
    operation.locator("summary").click()
    expect(operation.get_by_role("row", name="value")).to_be_visible()
    with served.client() as client:
        described = client.get("/api/openapi.json").json()["paths"]
    assert page.locator("details[id]").count() == sum(len(methods) for methods in described.values())
    operation.scroll_into_view_if_needed()
    picture(page)
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= 360")
    picture(page, "narrow")
