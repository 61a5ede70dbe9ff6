"""The table of invariants names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_that_the_table_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs/invariants.md").read_text(encoding="utf-8")))
    written = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", file.read_text(encoding="utf-8"))
    }
    assert len(named) > 30
    assert named - written == set()


def test_every_invariant_has_its_row() -> None:
    rows = re.findall(
        r"^\| I(\d+) \|", (ROOT / "docs/invariants.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [int(row) for row in rows] == list(range(1, 23))
