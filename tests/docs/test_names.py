"""What the pages name is there: files, parts of the code, packages, commands."""

import importlib
import re
import shlex
import tomllib
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import click
import pytest
from packaging.requirements import Requirement

from quaero import models
from quaero.cli.command_tree import root
from quaero.cli.session import Session
from quaero.jobs.engine import Engine
from quaero.settings import Settings
from tests.docs.markdown import DOCS, ROOT, blocks, name_of, pages, table_rows, without_blocks

LINK = re.compile(r"\]\(([^)\s]+)\)")
SHELL_WORDS = frozenset({"|", ">", "&&", "&", ";", "2>"})


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(without_blocks(page)):
        if "://" in link:
            continue
        target, _, heading = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), link
        if heading:
            assert heading in headings(file), link


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    found = re.findall(r"^#+ (.+)$", without_blocks(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_every_name_of_the_glossary_is_in_the_code() -> None:
    for word, _, place in table_rows(DOCS / "glossary.md"):
        if place:
            assert is_in_code(place.strip("`")), f"{word}: {place}"


def test_a_name_that_is_nowhere_is_noticed() -> None:
    assert is_in_code("Job.depth")
    for name in ("Job.colour", "Robot", "store.transitions.guess", "store/oracle/"):
        assert not is_in_code(name)


def is_in_code(name: str) -> bool:
    """A path below the package, a module or something in one, or something in any module of `models`."""
    if "/" in name:
        return (ROOT / "src" / "quaero" / name).exists()
    owners = [f"quaero.{name}", *(f"quaero.models.{module}.{name}" for module in modules_of_models())]
    return any(map(resolves, owners))


def modules_of_models() -> list[str]:
    return [file.stem for file in Path(models.__path__[0]).glob("[a-z]*.py")]


def resolves(path: str) -> bool:
    parts = path.split(".")
    for count in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        owner: object = module
        for name in parts[count:]:
            owner = attribute(owner, name)
        return owner is not None
    return False


def attribute(owner: object, name: str) -> object:
    """An attribute, or the annotation of one that only instances have; None if there is neither."""
    return getattr(owner, name, None) or getattr(owner, "__annotations__", {}).get(name)


def test_every_dependency_has_its_reason_and_every_reason_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = [project["project"]["dependencies"], *project["dependency-groups"].values()]
    groups += project["project"].get("optional-dependencies", {}).values()
    needed = {Requirement(each).name for group in groups for each in group}
    reasons = [row[0] for row in table_rows(DOCS / "decisions" / "0008-dependencies.md")]
    assert sorted(reasons) == sorted(needed)


def test_every_decision_is_in_the_list() -> None:
    folder = DOCS / "decisions"
    listed = set(LINK.findall((folder / "README.md").read_text("utf-8")))
    assert listed == {file.name for file in folder.glob("0*.md")}


def commands() -> Iterator[tuple[str, str]]:
    """Each `quaero …` that a page tells people to type, with the page."""
    for page in pages():
        shell = (block.text for block in blocks(page) if block.language in ("console", "sh"))
        for line in "\n".join(shell).splitlines():
            if line.removeprefix("$ ").startswith("quaero "):
                yield name_of(page), line.removeprefix("$ ")
        for line in re.findall(r"`(quaero [^`]+)`", without_blocks(page)):
            yield name_of(page), line


@pytest.mark.parametrize(("page", "line"), sorted(set(commands())))
def test_every_command_on_a_page_can_be_typed(page: str, line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    end = next((place for place, word in enumerate(words) if word in SHELL_WORDS), len(words))
    check_command(root(), words[:end], complete=line.count(" ") > 1)


def check_command(command: click.Command, words: list[str], *, complete: bool) -> None:
    """Raises click's usage error for an unknown command or option, or a wrong argument."""
    while isinstance(command, click.Group) and words:
        inner = command.get_command(click.Context(command), words[0])
        assert inner is not None, words[0]
        command, words = inner, words[1:]
    if not isinstance(command, click.Group) and (words or complete):
        numbers = ["1" if word == "ID" else word for word in words if word != "…"]
        if numbers:
            command.make_context(command.name, numbers, obj=Session(_not_opened))


def _not_opened(_: Settings) -> AbstractAsyncContextManager[Engine]:
    raise AssertionError("only looked at, not called")


def test_a_command_that_does_not_exist_is_noticed() -> None:
    with pytest.raises(AssertionError, match="crwal"):
        check_command(root(), ["crwal", "x"], complete=True)
    with pytest.raises(click.NoSuchOption):
        check_command(root(), ["search", "x", "--fast"], complete=True)
