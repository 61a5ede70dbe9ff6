"""What docs/how-to/json.md shows has the keys and types of what the commands print."""

import json
from pathlib import Path

from tests.docs.console import Folder, sessions
from tests.docs.markdown import DOCS, blocks
from tests.docs.serving import folder_served


async def test_every_shape_in_the_how_to_is_what_its_command_prints(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    async with folder_served(tmp_path / "site") as port:
        folder = Folder(tmp_path, port)
        for block in blocks(DOCS / "tutorial.md"):
            if block.file and "roses" not in block.file:
                folder.write(block)
        printed = ""
        for block in blocks(DOCS / "how-to" / "json.md"):
            if block.language == "console":
                for command, _ in sessions(block.text):
                    printed = await folder.run(command)
            else:
                assert differences(json.loads(block.text), json.loads(printed)) == [], printed


def test_another_shape_is_noticed() -> None:
    shown = {"items": [{"id": "1", "error": None}], "total": 1}
    assert differences(shown, {"items": [{"id": "9", "error": "late"}], "total": 2}) == []
    assert differences(shown, {"items": [{"id": "9"}], "total": 2}) == ["items[0]: error"]
    assert differences(shown, {"items": [{"id": 9, "error": None}], "total": 2}) == ["items[0].id: str"]
    assert differences(shown, {"items": [], "total": 2}) == ["items: one is empty"]


def differences(shown: object, real: object, at: str = "") -> list[str]:
    """Where two JSON values have other keys or types. Null goes with everything, numbers with each other."""
    if isinstance(shown, dict) and isinstance(real, dict):
        different = shown.keys() ^ real.keys()
        if different:
            return [f"{at}: {', '.join(sorted(different))}"]
        return [
            each for key in shown for each in differences(shown[key], real[key], f"{at}.{key}".lstrip("."))
        ]
    if isinstance(shown, list) and isinstance(real, list):
        if bool(shown) != bool(real):
            return [f"{at}: one is empty"]
        return differences(shown[0], real[0], f"{at}[0]") if shown else []
    alike = None in (shown, real) or _type(shown) is _type(real)
    return [] if alike else [f"{at}: {type(shown).__name__}"]


def _type(value: object) -> type:
    return float if type(value) is int else type(value)
