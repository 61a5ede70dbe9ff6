"""The Markdown files of the project, and what stands in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_NAMED = re.compile(r"\A(?:# |<!-- )([\w./-]+\.\w+)(?: -->)?\n")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. `file` is the name that its first line gives it, or empty."""

    language: str
    text: str
    file: str


def pages() -> list[Path]:
    """Every Markdown file that belongs to the project."""
    folders = ("docs", "examples", "bench")
    found = [*ROOT.glob("*.md"), *(page for folder in folders for page in (ROOT / folder).rglob("*.md"))]
    return sorted(found)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found = _BLOCK.findall(page.read_text("utf-8"))
    return [Block(language, text, _file_of(text)) for language, text in found]


def without_blocks(page: Path) -> str:
    return _BLOCK.sub("", page.read_text("utf-8"))


def table_rows(page: Path, marker: str = "") -> Iterator[list[str]]:
    """The cells of the body of tables: of the one after `<!-- table: marker -->`, or of all."""
    text = without_blocks(page)
    if marker:
        text = text.partition(f"<!-- table: {marker} -->\n\n")[2].partition("\n\n")[0]
        assert text, f"{name_of(page)} has no table {marker!r}"
    for table in re.findall(r"(?:^\|.*\|\n?)+", text, re.MULTILINE):
        for row in table.splitlines()[2:]:
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def _file_of(text: str) -> str:
    named = _NAMED.match(text)
    return named[1] if named else ""
