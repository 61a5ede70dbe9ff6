"""Who may ask, and how a browser comes to be let in."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.web.serving import Served


def test_a_stranger_learns_nothing(served: Served) -> None:
    with served.client(token=None) as stranger:
        answer = stranger.get("/api/version")
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_missing"


def test_the_printed_address_lets_a_browser_in(page: Page, served: Served) -> None:
    assert page.url == f"{served.url}/"
    assert "token" not in page.evaluate("document.cookie")


def test_a_wrong_token_is_refused_in_words(context: BrowserContext, served: Served) -> None:
    page = context.new_page()
    page.goto(served.url)
    page.get_by_label("Token").fill("wrong")
    with page.expect_response("**/api/session"):
        page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".problem")).to_contain_text("not the token")
