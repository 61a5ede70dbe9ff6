"""The bootstrap and the lock files it installs from."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = sorted((ROOT / "requirements").iterdir())


def pins(name: str) -> dict[str, str]:
    """Package to version, as a lock file has it."""
    text = (ROOT / "requirements" / name).read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)==([^\s;]+)", text, re.MULTILINE))


def unmet(requirements: list[str], lock: dict[str, str]) -> list[str]:
    """The requirements that no pin satisfies."""
    wanted = [(Requirement(text), text) for text in requirements]
    return [text for need, text in wanted if need.name not in lock or lock[need.name] not in need.specifier]


def dev_py(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, ROOT / "dev.py", *arguments], capture_output=True, text=True, check=False
    )


def test_the_runtime_lock_meets_what_the_project_asks_for() -> None:
    asked = PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"]
    assert unmet(asked, pins("runtime.lock")) == []


def test_the_dev_lock_is_the_runtime_lock_and_the_tools() -> None:
    assert pins("runtime.lock").items() <= pins("dev.lock").items()
    assert unmet(PROJECT["dependency-groups"]["dev"], pins("dev.lock")) == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_hashes_but_no_place_to_download_from(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert text.count("--hash=sha256:") >= len(pins(lock.name)) > 0
    assert not re.search(r"https?:|index|find-links", text)


@pytest.fixture
def dev() -> ModuleType:
    """`dev.py` as a module."""
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("root", [True, False])
def test_chromium_is_installed_for_the_tests_or_asked_for(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], root: bool
) -> None:
    called: list[list[str]] = []
    monkeypatch.setattr(dev.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.setattr(dev.os, "geteuid", lambda: 0 if root else 1000)
    monkeypatch.setattr(dev, "step", lambda _, words, __: called.append(words))
    dev.find_browser()
    told = capsys.readouterr().err
    assert [words[1] for words in called] == (["update", "install"] if root else [])
    assert told.count("\n") == 1
    assert ("apt-get install chromium" in told) is not root


def test_a_browser_that_is_there_is_left_alone(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev.shutil, "which", lambda name: f"/usr/bin/{name}")
    dev.find_browser()
    assert capsys.readouterr().err == ""


def test_help_names_every_command() -> None:
    shown = dev_py("help")
    assert shown.returncode == 0
    for name in (
        "demo",
        "test",
        "lint",
        "types",
        "contracts",
        "check",
        "real",
        "bench",
        "run",
        "shell",
        "lock",
    ):
        assert re.search(rf"^  {name} ", shown.stdout, re.MULTILINE), name


def test_an_unknown_command_is_wrong_usage() -> None:
    assert dev_py("nonsense").returncode == 2


def test_every_make_target_is_listed_by_make_help() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony is not None
    assert re.findall(r"^([a-z]+): ## ", text, re.MULTILINE) == phony[1].split()
