"""The example plug-in, built as its users would build it, and `quaero` in an environment that has it."""

import json
import os
import subprocess
import sysconfig
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hatchling.builders.wheel import WheelBuilder

PLUGIN = Path(__file__).parents[2] / "examples" / "plugin"


def install(folder: Path) -> Path:
    """Build the wheel and unpack it into a folder that can stand on the import path; that folder."""
    [wheel] = WheelBuilder(str(PLUGIN)).build(directory=str(folder / "wheel"), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "packages")
    return folder / "packages"


class Quaero:
    """`quaero`, in a folder of its own, with the packages of one more folder."""

    def __init__(self, folder: Path, packages: Path | None) -> None:
        self.folder = folder
        self._variables = {**os.environ, "PYTHONPATH": str(packages or "")}
        self._program = f"{sysconfig.get_path('scripts')}/quaero"

    def __call__(self, *arguments: str, ends_with: int = 0) -> Any:
        """Run a command to its end; what it printed as JSON."""
        with self.running(*arguments) as process:
            printed, complaints = process.communicate(timeout=60)
        assert process.returncode == ends_with, complaints
        return json.loads(printed) if printed else complaints

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A command while it runs; it must have ended at the end of the block."""
        command = [self._program, *arguments, "--json", "--database", "sqlite:///test.db"]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, cwd=self.folder, env=self._variables, stdout=pipe, stderr=pipe, text=True
        ) as process:
            try:
                yield process
            finally:
                process.kill()
