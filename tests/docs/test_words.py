"""Words that stand in no file of the project: paths of the machine it was written on, hosts of package registries.

They are put together here, because this file is looked through, too.
"""

import re
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT

FOLDERS = ("src", "tests", "docs", "examples", "bench", "tools", "requirements", ".ci")
TEXTS = frozenset({"", ".py", ".md", ".toml", ".sql", ".html", ".svg", ".txt", ".lock", ".css", ".js"})
HOSTS = (("py", "pi", "org"), ("python", "hosted", "org"), ("npm", "js", "org"), ("crates", "", "io"))
PATHS = (("wo", "rk"), ("tmp/", "deb"), ("ro", "ot"))


def forbidden() -> list[str]:
    hosts = [f"{first}{second}.{end}" for first, second, end in HOSTS]
    paths = [rf"(?<![\w.])/{first}{second}/(?=[\w.])" for first, second in PATHS]  # with something below it
    return [*map(re.escape, hosts), *paths]


def texts() -> list[Path]:
    top = [file for file in ROOT.iterdir() if file.is_file() and not file.name.startswith(".")]
    below = (file for folder in FOLDERS for file in (ROOT / folder).rglob("*") if file.is_file())
    return [file for file in (*top, *below) if file.suffix in TEXTS]


@pytest.mark.parametrize("word", forbidden())
def test_a_forbidden_word_stands_nowhere(word: str) -> None:
    searched = ((file, file.read_text("utf-8", "replace")) for file in texts())
    assert [file.relative_to(ROOT) for file, text in searched if re.search(word, text)] == []


def test_all_kinds_of_files_are_looked_through() -> None:
    found = {str(file.relative_to(ROOT)) for file in texts()}
    assert {"README.md", "dev.py", "Makefile", "pyproject.toml", "tests/docs/test_words.py"} <= found
