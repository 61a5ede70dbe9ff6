"""Pages whose scripts come late."""

from playwright.sync_api import Page, Route, expect

from tests.web.serving import Served


def test_what_is_pressed_or_sent_before_the_scripts_are_there_is_done_when_they_come(
    page: Page, served: Served
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/js/base.js", hold)
    page.goto(served.url, wait_until="commit")
    button = page.get_by_role("button", name="Crawl it")
    page.get_by_label("Address to crawl").fill("ftp://nowhere.example/")
    button.click()
    page.wait_for_function("() => early !== null")
    for route in held:
        route.continue_()
    expect(page.locator("form .problem")).to_be_visible()
