"""The list of differences between the databases is whole: each is used, and each is told."""

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

from tests.differences import DIFFERENCES
from tests.docs.markdown import DOCS, table_rows

TESTS = Path(__file__).parent
NAMES = {frozenset({"sqlite"}): "SQLite", frozenset({"postgres"}): "PostgreSQL"}


def marks(text: str) -> list[tuple[str, str]]:
    """The database and the reason of each `only` mark in a test file."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return [
        (ast.literal_eval(call.args[0]), ast.literal_eval(each.value))
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "only"
        for each in call.keywords
        if each.arg == "reason"
    ]


@cache
def used() -> dict[str, set[str]]:
    """Each reason with the databases that some test is restricted to by it."""
    found = defaultdict(set)
    for file in TESTS.rglob("*.py"):
        for database, reason in marks(file.read_text("utf-8")):
            found[reason].add(database)
    return found


def test_each_difference_is_the_reason_of_some_test() -> None:
    assert set(used()) == set(DIFFERENCES)


def test_the_page_tells_the_differences() -> None:
    expected = [[NAMES.get(frozenset(used()[key]), "each"), text] for key, text in DIFFERENCES.items()]

    table = "\n".join(f"| {' | '.join(row)} |" for row in expected)
    assert [*table_rows(DOCS / "backends.md", "differences")] == expected, f"it should be:\n{table}"


def test_a_mark_is_found_with_its_reason() -> None:
    assert marks('pytestmark = pytest.mark.only("sqlite", reason="file")') == [("sqlite", "file")]
