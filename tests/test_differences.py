"""The list of differences between the databases is whole: each is used, and each is told."""

import ast
from collections import Counter
from pathlib import Path

from tests.differences import DIFFERENCES
from tests.docs.markdown import DOCS, table_rows

TESTS = Path(__file__).parent


def reasons(text: str) -> list[str]:
    """The reasons of the `only` marks in a test file."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    marks = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "only"]
    return [ast.literal_eval(each.value) for call in marks for each in call.keywords if each.arg == "reason"]


def test_each_difference_is_the_reason_of_some_test() -> None:
    used = Counter(each for file in TESTS.rglob("*.py") for each in reasons(file.read_text("utf-8")))

    assert set(used) == set(DIFFERENCES)


def test_the_page_tells_the_differences() -> None:
    assert [row[-1] for row in table_rows(DOCS / "backends.md", "differences")] == list(DIFFERENCES.values())


def test_a_mark_is_found_by_its_reason() -> None:
    assert reasons('pytestmark = pytest.mark.only("sqlite", reason="file")') == ["file"]
