"""Other programs that we are measured against, each in an environment of its own outside of this project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

PROJECT_UV: Final = Path(__file__).parents[2] / ".quaero-dev" / "uv" / "bin" / "uv"
NEWER_PYTHONS: Final = ("python3.14", "python3.13", "python3.12")


class PeerMissingError(Exception):
    """A peer cannot be installed; the text is one line."""


def peer_python(requirement: str, *more: str, newer_python: bool = False) -> Path:
    """The interpreter of an environment with just these packages, such as "huey==3.5.4"; installed at the first call.

    `newer_python`: the package does not run on 3.11, so another interpreter is looked for.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "quaero" / "bench"
    folder = cache / requirement.replace("==", "-")
    ready = folder / "ready"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not ready.exists():
        _make(folder, python, [requirement, *more], _newer_python() if newer_python else sys.executable)
        ready.touch()
    return python


def _newer_python() -> str:
    """An interpreter that runs; else a version, which may be downloaded."""
    homes = sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin"), reverse=True)
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), *map(str, homes)])
    for place in places.split(os.pathsep):
        for name in NEWER_PYTHONS:
            found = shutil.which(name, path=place)
            if (
                found
                and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0
            ):
                return found
    return "3.13"


def _make(folder: Path, python: Path, requirements: list[str], interpreter: str) -> None:
    uv = shutil.which("uv") or (str(PROJECT_UV) if PROJECT_UV.exists() else None)
    if uv is not None:
        _run([uv, "--quiet", "venv", "--clear", "--python", interpreter, str(folder)])
        _run([uv, "--quiet", "pip", "install", "--python", str(folder), *requirements])
    else:
        _run([interpreter, "-m", "venv", "--clear", str(folder)])
        _run([str(python), "-m", "pip", "install", "--quiet", *requirements])


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise PeerMissingError(f"`{command[0]}` is not there") from None
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise PeerMissingError(f"`{' '.join(command)}` failed: {last}")
