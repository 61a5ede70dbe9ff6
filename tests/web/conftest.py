"""Servers and browsers for the tests of pages and API."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tests.places import Place
from tests.web.chromium import opened_chromium
from tests.web.serving import Served, served_at

PICTURES = Path("test-artifacts") / "screenshots"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server over a new SQLite database, which executes scripted jobs."""
    with served_at(f"sqlite:///{tmp_path}/web.db") as served:
        yield served


@pytest.fixture
def served_on_each(place: Place) -> Iterator[Served]:
    """The same on each database: for what depends on it."""
    with served_at(place.url) as served:
        yield served


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    with opened_chromium() as browser:
        yield browser


@pytest.fixture
def context(chromium: Browser, served: Served) -> Iterator[BrowserContext]:
    """A profile of its own. A request to any other host, or an error on the console, fails the test."""
    wrong: list[str] = []

    def requested(request: Request) -> None:
        if not request.url.startswith((served.url, "data:", "blob:")):
            wrong.append(f"asked {request.url}")

    def said(message: ConsoleMessage) -> None:
        refusal = "Failed to load resource" in message.text and "/static/" not in message.location["url"]
        if message.type == "error" and not refusal:  # a refusal is no fault of the page
            wrong.append(f"console: {message.text}")

    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(10_000)
    context.on("request", requested)
    context.on("console", said)
    context.on("weberror", lambda error: wrong.append(f"error: {error.error}"))
    yield context
    context.close()
    assert not wrong, wrong


@pytest.fixture
def page(context: BrowserContext, served: Served) -> Page:
    """A tab in which the user has opened the pages."""
    page = context.new_page()
    page.goto(served.entry)
    page.wait_for_url(f"{served.url}/")
    return page


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[..., Path]:
    """`picture(page, "name")` keeps a screenshot for people to look at."""

    def take(page: Page, name: str = "") -> Path:
        file = PICTURES / (re.sub(r"\W+", "-", f"{request.node.name} {name}").strip("-") + ".png")
        file.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=file, full_page=True)
        return file

    return take
