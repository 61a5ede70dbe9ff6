"""The page about what was promised before: every point once, every cell filled, every named test there."""

import ast
import re
from collections import Counter
from functools import cache

import pytest

from tests.docs.markdown import DOCS, ROOT, table_rows

PAGE = DOCS / "what-was-promised.md"
POINTS = (*(range(1, 40), range(41, 45), range(60, 76), range(78, 82), range(83, 98), range(99, 100)),)
NEEDS = "abcdefghijklmnop"
INSTEAD = re.compile(r"(does not apply|not yet): \S")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")

Row = list[str]


def rows() -> list[Row]:
    return list(table_rows(PAGE))


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(function.name for function in functions)


def test_every_point_has_its_row() -> None:
    expected = [*(str(number) for points in POINTS for number in points), *NEEDS]
    assert [row[0] for row in rows()] == expected
    assert max(Counter(expected).values()) == 1


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_a_point_says_what_was_wrong_how_it_is_here_and_what_shows_it(row: Row) -> None:
    assert len(row) == 4
    assert all(row)
    *_, shown = row
    if INSTEAD.match(shown) is None:
        assert TEST.sub("", shown).strip(" ,") == "", "only tests, or why there is none"
        assert [name for file, name in TEST.findall(shown) if name not in names_in(file)] == []
        assert TEST.search(shown)


def test_a_test_that_is_not_there_is_noticed() -> None:
    assert "test_every_point_has_its_row" in names_in("tests/docs/test_promises.py")
    assert "test_nobody_wrote" not in names_in("tests/docs/test_promises.py")
