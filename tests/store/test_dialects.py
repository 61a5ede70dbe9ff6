"""The statements of each database: the same names, which take the same values."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import quaero.store
from quaero.store.statement_files import statement_names, statement_text

STORE = Path(quaero.store.__file__).parent
DIALECTS = ("sqlite", "postgres")
PARAMETER = re.compile(r"(?<!:):([a-z_]+)")
NO_CODE = re.compile(r"--.*|'[^']*'")


@cache
def statements(dialect: str) -> dict[str, str]:
    """The statements of a database by name, without comments and texts."""
    package = f"quaero.store.{dialect}"
    return {name: NO_CODE.sub("", statement_text(package, name)) for name in statement_names(package)}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_part_is_shared_by_several_statements(dialect: str) -> None:
    folder = STORE / dialect
    texts = [
        file.read_text("utf-8") for kind in ("queries", "parts") for file in (folder / kind).glob("*.sql")
    ]
    for part in (folder / "parts").glob("*.sql"):
        assert sum(f"{{{part.stem}}}" in text for text in texts) > 1, part.name


def asked(code: str) -> Iterator[str]:
    """The names of statements that a module runs."""
    for call in ast.walk(ast.parse(code)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args:
            name = call.args[0]
            if call.func.attr in {"rows", "many"} and isinstance(name, ast.Constant):
                yield str(name.value)


@cache
def asked_by_the_rules() -> frozenset[str]:
    modules = [file for file in STORE.rglob("*.py") if file.relative_to(STORE).parts[0] not in DIALECTS]
    return frozenset(name for file in modules for name in asked(file.read_text("utf-8")))


def test_what_the_rules_ask_for_is_a_statement_of_every_database() -> None:
    assert len(asked_by_the_rules()) > 100
    for dialect in DIALECTS:
        assert asked_by_the_rules() - statements(dialect).keys() == set(), dialect


def test_a_statement_leaves_out_no_value_that_it_takes_on_another_database() -> None:
    """Over a list of rows, the values are the names of its columns."""
    postgres = statements("postgres")
    left_out = {
        (name, value)
        for name, text in statements("sqlite").items()
        if name in asked_by_the_rules()
        for value in PARAMETER.findall(text)
        if not re.search(rf"\b{value}\b" if ":rows" in postgres[name] else rf":{value}\b", postgres[name])
    }

    assert left_out == set()
