"""Runs a program and measures it from the outside: its time, and the memory of all its processes."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LOOK_SECONDS: Final = 0.25
_KILOBYTES_A_MEGABYTE: Final = 1024


@dataclass(frozen=True, slots=True)
class Ended:
    """What a program printed, how many seconds it took, and the most memory that it held, in megabytes.

    The memory is the sum of the peaks of the program's processes, so it is never too small.
    """

    printed: str
    seconds: float
    peak_megabytes: float


def run(command: Sequence[str], cwd: Path) -> Ended:
    """Run the command to its end; CalledProcessError if it fails."""
    peaks: dict[int, int] = {}
    # As after an installation: a program that compiles its modules at every start is not what people run.
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd, env=variables
    ) as process:
        while True:
            peaks |= _peaks(process.pid)
            try:
                printed, complaints = process.communicate(timeout=_LOOK_SECONDS)
                break
            except subprocess.TimeoutExpired:
                continue
    seconds = time.perf_counter() - began
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command), printed, complaints)
    return Ended(printed, seconds, sum(peaks.values()) / _KILOBYTES_A_MEGABYTE)


def _peaks(pid: int) -> dict[int, int]:
    """The peak resident memory so far of a process and of everything below it, by process, in kilobytes."""
    found: dict[int, int] = {}
    for line in _text(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith("VmHWM:"):
            found[pid] = int(line.split()[1])
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _text(children).split():
            found |= _peaks(int(child))
    return found


def _text(file: Path) -> str:
    """Empty for a process that has just ended."""
    try:
        return file.read_text("ascii", "replace")
    except OSError:
        return ""
