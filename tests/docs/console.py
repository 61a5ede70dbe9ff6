"""Runs what the pages show: files are written, commands called, and their output compared with what is printed there.

`[...]` on a line of its own stands for any lines. Times and durations may differ; ports are replaced.
"""

import asyncio
import os
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from tests.docs.markdown import Block, blocks

SHOWN_PORT = "8000"
SERVER = "python3 -m http.server"

_CHANGING = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "TIME"),
    (re.compile(r"after \d+(\.\d+)? s\b"), "after N s"),
)
_PROGRESS = re.compile(r"step \S+ started|step \S+: \d+ pending.*")
_SKIPPED = "[...]"


class Folder:
    """A folder in which a reader follows a page; the site of the page is at `port`."""

    def __init__(self, path: Path, port: int) -> None:
        self.path, self._port = path, str(port)
        scripts = sysconfig.get_path("scripts")
        own = {name: value for name, value in os.environ.items() if not name.startswith("QUAERO_")}
        self._variables = own | {
            "PATH": f"{scripts}{os.pathsep}{own.get('PATH', os.defpath)}",
            "XDG_CONFIG_HOME": str(path / ".config"),
        }

    async def follow(self, page: Path) -> None:
        """Do all that the page shows, and compare."""
        for block in blocks(page):
            if block.file:
                self.write(block)
            elif block.language == "console":
                for command, printed in sessions(block.text):
                    await self._compare(command, printed)

    def write(self, block: Block) -> None:
        file = self.path / block.file
        file.parent.mkdir(exist_ok=True)
        file.write_text(self._here(block.text), "utf-8")

    async def run(self, command: str) -> str:
        """What a command prints, on both streams, with the port that the pages show."""
        process = await asyncio.create_subprocess_exec(
            *("bash", "-c", self._here(command)),
            cwd=self.path,
            env=self._variables,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await process.communicate()
        return printed.decode().replace(f":{self._port}", f":{SHOWN_PORT}")

    async def _compare(self, command: str, printed: str) -> None:
        if command.startswith(SERVER):
            return
        got = await self.run(command)
        assert matches(printed, got), f"$ {command}\n--- on the page:\n{printed}\n--- really:\n{got}"

    def _here(self, text: str) -> str:
        return text.replace(f"127.0.0.1:{SHOWN_PORT}", f"127.0.0.1:{self._port}")


def sessions(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with what is shown below it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield command, printed


def matches(printed: str, got: str) -> bool:
    parts = [re.escape(part) for part in _stable(printed).split(f"{_SKIPPED}\n")]
    return re.fullmatch("(?:.*\n)*?".join(parts), _stable(got)) is not None


def _stable(text: str) -> str:
    for changing, shown in _CHANGING:
        text = changing.sub(shown, text)
    lines = (line.rstrip() for line in text.splitlines() if not _PROGRESS.fullmatch(line))
    return "".join(f"{line}\n" for line in lines)
