"""The recording in the README, and the tool that made it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.docs.markdown import DOCS, ROOT

TOOL = ROOT / "tools" / "record_terminal.py"
SVG = "{http://www.w3.org/2000/svg}"
LARGEST_BYTES = 150_000


def recorded(file: Path, *commands: str) -> ElementTree.Element:
    words = [sys.executable, str(TOOL), str(file), "--columns", "40", "--rows", "5", *commands]
    subprocess.run(words, check=True, capture_output=True, cwd=file.parent)
    return ElementTree.fromstring(file.read_text("utf-8"))  # noqa: S314 - our own file


def test_the_recording_is_small_and_runs_no_script() -> None:
    file = DOCS / "images" / "demo.svg"
    assert file.stat().st_size < LARGEST_BYTES
    names = {element.tag for element in ElementTree.parse(file).iter()}  # noqa: S314 - our own file
    assert names == {f"{SVG}{name}" for name in ("svg", "title", "style", "defs", "g", "rect", "text", "use")}


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_a_recording_shows_what_was_typed_and_printed_in_its_colours(tmp_path: Path) -> None:
    svg = recorded(tmp_path / "out.svg", "printf '\\033[31mred\\033[0m <plain>\\n'")
    texts = {element.text: element.get("style") for element in svg.iter(f"{SVG}text")}
    assert texts["red"] == "fill:#f0717b"
    assert texts[" <plain>"] is None
    assert any((text or "").startswith(" printf") for text in texts)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_the_last_screen_is_what_is_seen_where_nothing_moves(tmp_path: Path) -> None:
    svg = recorded(tmp_path / "out.svg", "clear", "echo end")
    style = svg.findtext(f"{SVG}style") or ""
    film = svg.find(f".//{SVG}g[@class='film']")
    assert film is not None
    last_top = film[-1].attrib["transform"].removeprefix("translate(0 ").removesuffix(")")
    assert f".film{{transform:translateY(-{last_top}px)" in style


def test_without_tmux_it_says_so_in_one_line(tmp_path: Path) -> None:
    nothing = {**os.environ, "PATH": str(tmp_path)}
    words = [sys.executable, str(TOOL), str(tmp_path / "out.svg"), "true"]
    done = subprocess.run(words, env=nothing, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "record_terminal: tmux and bash not found; a recording needs both tmux and bash\n"
