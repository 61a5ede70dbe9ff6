"""Takes the pictures of the tutorial: `python tools/write_tutorial_pictures.py`.

Walks through the first ten minutes in Chromium, as the tests do, against a new server in an empty folder.
"""

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page  # noqa: E402 - from the folder above

from tests.cli.calling import lines_until, running  # noqa: E402
from tests.web.chromium import opened_chromium  # noqa: E402
from tests.web.ten_minutes import walk  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1080, "height": 680}


def show(page: Page, name: str) -> None:
    page.mouse.move(0, 0)
    page.screenshot(path=IMAGES / f"tutorial-{name}.png")
    print(f"docs/images/tutorial-{name}.png")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "XDG_CONFIG_HOME": f"{folder}/config",
            "QUAERO_DATABASE": f"sqlite:///{folder}/notes.db",
        }
        with running("serve", "--port", "0") as server, opened_chromium() as browser:
            entry = lines_until(server, "pages: ")[-1].removeprefix("pages: ").strip()
            walk(browser.new_context(viewport=SIZE).new_page(), entry, show)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
