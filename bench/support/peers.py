"""Other programs that we are measured against, each in an environment of its own outside of this project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path


class PeerMissingError(Exception):
    """A peer cannot be installed; the text is one line."""


def peer_python(requirement: str) -> Path:
    """The interpreter of an environment with just this package, such as "huey==3.5.4"; installed at the first call."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "quaero" / "bench"
    folder = cache / requirement.replace("==", "-")
    ready = folder / "ready"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not ready.exists():
        _make(folder, python, requirement)
        ready.touch()
    return python


def _make(folder: Path, python: Path, requirement: str) -> None:
    uv = shutil.which("uv")
    if uv is not None:
        _run([uv, "--quiet", "venv", "--clear", "--python", sys.executable, str(folder)])
        _run([uv, "--quiet", "pip", "install", "--python", str(folder), requirement])
    else:
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        _run([str(python), "-m", "pip", "install", "--quiet", requirement])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise PeerMissingError(f"`{' '.join(command)}` failed: {last}")
