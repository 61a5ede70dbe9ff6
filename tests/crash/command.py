"""`quaero` as a process of its own, on a database in a folder."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.crash.kills import SECONDS

QUAERO = (sys.executable, "-c", "from quaero.main import main; main()")
UNUSABLE = 4
"""The exit code of a store that cannot be used."""

REINDEX = """\
id = "index-again"
name = "Index again"
[[steps]]
name = "reindex"
action = "reindex"
"""
"""A definition that writes and needs nothing."""


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def is_refusal(self) -> bool:
        """Whether it is the one line that a person gets when the store cannot be used."""
        lines = self.err.splitlines()
        return self.code == UNUSABLE and len(lines) == 1 and lines[0].startswith("error: ")


async def quaero(folder: Path, *arguments: str, before: Callable[[], None] | None = None) -> Answer:
    """Call `quaero` with `test.db` of the folder as its database; `before` is called in its process first."""
    environment: Mapping[str, str] = {
        **{name: value for name, value in os.environ.items() if not name.startswith("QUAERO_")},
        "QUAERO_DATABASE": f"sqlite:///{folder / 'test.db'}",
        "HOME": str(folder),
    }
    process = await asyncio.create_subprocess_exec(
        *QUAERO,
        *arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env=environment,
        preexec_fn=before,
    )
    try:
        async with asyncio.timeout(SECONDS):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Answer(process.returncode, out.decode(), err.decode())


async def reindexed(folder: Path, before: Callable[[], None] | None = None) -> Answer:
    """Run a definition in the folder's database that writes to it."""
    file = folder.parent / f"{folder.name}.toml"
    file.write_text(REINDEX)
    return await quaero(folder, "run", str(file), before=before)
