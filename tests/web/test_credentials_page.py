"""The page of credentials: they come in by forms, and nothing of what they are comes out again."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from quaero.jobs.engine import Engine
from quaero.secrets.key import SecretKey
from quaero.secrets.key_sources import VARIABLE
from tests.web.looks import fits
from tests.web.serving import Served

Picture = Callable[..., Path]
SECRET = "wrong-horse-battery"  # noqa: S105 - it opens nothing
HOSTILE = '<b onclick="run()">'
COOKIES = "\t".join([".example.org", "TRUE", "/", "TRUE", "0", "session", SECRET])


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, SecretKey.new().text())


@pytest.fixture
def credentials(page: Page, served: Served) -> Page:
    page.goto(f"{served.url}/credentials")
    return page


def test_an_empty_list_says_why_somebody_would_want_credentials(credentials: Page, picture: Picture) -> None:
    expect(credentials.locator("#credentials")).to_contain_text("A site behind a login needs some")
    picture(credentials)


def test_a_password_is_stored_shown_without_its_value_and_deleted(
    credentials: Page, served: Served, picture: Picture
) -> None:
    form = credentials.locator("#add")
    form.get_by_label("Name", exact=True).fill("intranet")
    form.get_by_label("Hosts").fill("wiki.example.org\nhttp://old.example.org")
    form.get_by_label("User", exact=True).fill("alice")
    form.get_by_label("Password", exact=True).fill(SECRET)
    form.get_by_role("button", name="Store them").click()
    card = credentials.locator("#credentials article")
    expect(card).to_contain_text("https://wiki.example.org, http://old.example.org")
    expect(card).to_contain_text("basic")
    expect(form.get_by_label("Password", exact=True)).to_have_value("")
    served.call(_use_intranet)
    credentials.reload()
    assert SECRET not in credentials.content()
    expect(card).to_contain_text("uses-it")
    expect(card.locator("details")).to_contain_text("header")
    picture(credentials)
    card.get_by_role("button", name="Delete").click()
    expect(credentials.get_by_role("dialog")).to_contain_text("uses-it can then not be run")
    credentials.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(card).to_have_count(0)
    assert served.call(lambda engine: engine.store.credentials()) == ()


@pytest.mark.parametrize("kind", ["bearer", "header", "cookie"])
def test_the_fields_follow_the_kind(kind: str, credentials: Page, served: Served) -> None:
    form = credentials.locator("#add")
    form.get_by_label("Name", exact=True).fill(f"{HOSTILE}/{kind}")
    form.get_by_label("Hosts").fill("wiki.example.org")
    form.get_by_label("Kind").select_option(kind)
    expect(form.get_by_label("Password", exact=True)).to_be_hidden()
    if kind == "bearer":
        form.get_by_label("Token", exact=True).fill(SECRET)
    else:
        form.get_by_label(f"Name of the {kind}").fill("X-Key")
        form.get_by_label("Value", exact=True).fill(SECRET)
    form.get_by_label("Value" if kind != "bearer" else "Token", exact=True).press("Enter")
    card = credentials.locator("#credentials article")
    expect(card.locator("h2")).to_have_text(f"{HOSTILE}/{kind}")
    expect(card.locator(".tag")).to_have_text(kind)
    credentials.set_viewport_size({"width": 360, "height": 740})
    assert fits(credentials)
    card.get_by_role("button", name="Delete").click()
    credentials.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(card).to_have_count(0)


def test_what_cannot_be_stored_is_said_in_the_form_and_nothing_is_lost(credentials: Page) -> None:
    form = credentials.locator("#add")
    form.get_by_label("Name", exact=True).fill("intranet")
    form.get_by_label("Hosts").fill("not a host")
    form.get_by_label("User", exact=True).fill("alice")
    form.get_by_label("Password", exact=True).fill(SECRET)
    form.get_by_role("button", name="Store them").click()
    expect(form.locator(".problem")).to_contain_text("not a host")
    expect(form.get_by_label("Hosts")).to_have_value("not a host")
    expect(form.locator(".problem")).not_to_contain_text(SECRET)


def test_a_name_that_is_taken_is_replaced_only_when_that_is_ticked(credentials: Page, served: Served) -> None:
    form = credentials.locator("#add")
    for user, replace in (("alice", False), ("bob", False), ("bob", True)):
        form.get_by_label("Name", exact=True).fill("intranet")
        form.get_by_label("Hosts").fill(f"{user}.example.org")
        form.get_by_label("User", exact=True).fill(user)
        form.get_by_label("Password", exact=True).fill(SECRET)
        form.get_by_label("Put them in the place").set_checked(replace)
        form.get_by_role("button", name="Store them").click()
        if user == "bob" and not replace:
            expect(form.locator(".problem")).to_contain_text("already")
        else:
            expect(credentials.locator("#credentials")).to_contain_text(f"{user}.example.org")


def test_a_file_of_cookies_is_imported(credentials: Page, served: Served) -> None:
    form = credentials.locator("#import")
    form.get_by_label("Name", exact=True).fill("from-browser")
    form.get_by_label("File").set_input_files(
        {"name": "cookies.txt", "mimeType": "text/plain", "buffer": COOKIES.encode()}
    )
    form.get_by_role("button", name="Import them").click()
    card = credentials.locator("#credentials article")
    expect(card).to_contain_text("imported")
    expect(card).to_contain_text("session")
    assert SECRET not in credentials.content()


async def _use_intranet(engine: Engine) -> None:
    text = (
        'id = "uses-it"\nname = "Uses it"\nauth = "intranet"\n[[steps]]\nname = "step"\naction = "script"\n'
    )
    await engine.control.keep(*await engine.control.read_all([("test.toml", text.encode())]))
