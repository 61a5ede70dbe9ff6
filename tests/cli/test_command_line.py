import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import click
import pytest

from quaero.cli.command import LateGroup
from quaero.cli.command_line import exit_code
from quaero.cli.command_tree import reference_table, root
from quaero.cli.session import Session
from quaero.settings import Settings
from tests.cli.calling import COMMAND, Caller

HEAVY = ("asyncio", "aiohttp", "apsw", "msgspec", "psycopg", "pydantic", "rich", "turbohtml")


def commands(group: LateGroup, path: tuple[str, ...] = ("quaero",)) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, LateGroup):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


ALL = dict(commands(root()))


def test_every_command_of_the_tree_is_in_the_reference_table() -> None:
    table = reference_table()
    assert len(ALL) == table.count("| `quaero ")
    for name in ALL:
        assert f"| `{name}` |" in table


@pytest.mark.parametrize("name", ALL)
def test_the_help_of_a_command_begins_with_its_line_in_the_list(name: str) -> None:
    command = ALL[name]
    assert command.short_help is not None
    first = " ".join((command.help or "").split("\n\n")[0].split())
    assert first.startswith(command.short_help.rstrip("."))


@pytest.mark.parametrize("name", ALL)
def test_every_command_takes_the_options_of_all(name: str) -> None:
    names = {option for parameter in ALL[name].params for option in parameter.opts}
    assert {"--database", "--debug", "--version"} <= names


@pytest.mark.parametrize(
    "arguments",
    [("--database", "sqlite:///a.db", "jobs", "list"), ("jobs", "--database", "sqlite:///a.db", "list"),
     ("jobs", "list", "--database", "sqlite:///a.db")],
)  # fmt: skip
def test_the_database_may_be_named_before_and_after_the_command(
    quaero: Caller, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    assert quaero(*arguments).code == 0
    assert (tmp_path / "a.db").exists()


@pytest.mark.parametrize("arguments", [("--version",), ("jobs", "list", "--version"), ("version",)])
def test_the_version_is_shown(quaero: Caller, arguments: tuple[str, ...]) -> None:
    result = quaero(*arguments)
    assert result.code == 0
    assert result.out.startswith("quaero ")


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("jobs", "lst"), ("jobs", "show", "x"), ("jobs", "list", "--state", "odd"), ("crawl",),
     ("crawl", "http://127.0.0.1/", "--timeout", "5"), ("search", "a", "--limit", "0")],
)  # fmt: skip
def test_wrong_usage_is_one_line_and_exit_code_2(quaero: Caller, arguments: tuple[str, ...]) -> None:
    result = quaero(*arguments)
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert "--help" in result.err


@pytest.mark.parametrize(
    "arguments",
    [("jobs", "show", "7"), ("jobs", "tree", "7"), ("jobs", "logs", "7"), ("jobs", "cancel", "7"),
     ("jobs", "resume", "7"), ("documents", "show", "7"), ("documents", "show", "http://a.example/"),
     ("documents", "delete", "7"), ("definitions", "show", "none"), ("run", "none"), ("run", "none.toml")],
)  # fmt: skip
def test_what_does_not_exist_is_exit_code_3(quaero: Caller, arguments: tuple[str, ...]) -> None:
    result = quaero(*arguments)
    assert (result.code, result.err.count("\n")) == (3, 1)


def test_a_file_that_is_no_database_is_exit_code_4(quaero: Caller, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear reader, " * 100, encoding="utf-8")
    result = quaero("jobs", "list", "--database", "sqlite:///letter.txt")
    assert (result.code, result.err.count("\n")) == (4, 1)
    assert "letter.txt" in result.err


def test_settings_that_cannot_be_used_are_one_line_each_and_exit_code_2(
    quaero: Caller, tmp_path: Path
) -> None:
    (tmp_path / "quaero.toml").write_text('colour = "blue"\n[queue]\nlease = "1s"', encoding="utf-8")
    result = quaero("jobs", "list")
    assert result.code == 2
    assert [line.startswith("error: ") for line in result.err.splitlines()] == [True, True]


def explode(_: Settings) -> NoReturn:
    raise RuntimeError("on\nfire")


def test_an_unexpected_error_is_one_line_without_a_trace(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(Session(explode), ["jobs", "list"]) == 1
    assert capsys.readouterr().err == "error: RuntimeError: on fire. Run with --debug for the trace\n"


def test_with_debug_the_trace_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(Session(explode), ["jobs", "list", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom quaero.main import main\nsys.argv = ['quaero', '--help']\n"
        f"try:\n    main()\nfinally:\n    print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_on_a_file_the_driver_for_servers_is_not_imported() -> None:
    code = (
        "import sys\nfrom quaero.main import main\nsys.argv = ['quaero', 'jobs', 'list']\n"
        "try:\n    main()\nfinally:\n    print('apsw' in sys.modules, 'psycopg' in sys.modules, file=sys.stderr)"
    )
    environment = os.environ | {"QUAERO_DATABASE": "sqlite:///a.db"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stderr == "True False\n"


def test_a_reader_that_has_gone_is_no_reason_to_complain() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        done = subprocess.run([*COMMAND, "--help"], stdout=nobody, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
