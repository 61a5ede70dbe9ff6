"""The first ten minutes in the browser, from an empty folder, as the tutorial tells them."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.cli.calling import lines_until, running
from tests.docs.markdown import DOCS
from tests.web.ten_minutes import walk

PICTURES = re.compile(r"images/tutorial-([a-z]+)\.png")


def test_the_first_ten_minutes_go_as_the_tutorial_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chromium: Browser
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("QUAERO_DATABASE", "sqlite:///notes.db")
    shown: list[str] = []
    with running("serve", "--port", "0") as server:
        entry = lines_until(server, "pages: ")[-1].removeprefix("pages: ").strip()
        context = chromium.new_context()
        try:
            walk(context.new_page(), entry, lambda _, name: shown.append(name))
        finally:
            context.close()
    assert PICTURES.findall((DOCS / "tutorial.md").read_text(encoding="utf-8")) == shown


def test_the_pictures_of_the_tutorial_are_there() -> None:
    for name in PICTURES.findall((DOCS / "tutorial.md").read_text(encoding="utf-8")):
        assert (DOCS / "images" / f"tutorial-{name}.png").stat().st_size > 10_000
