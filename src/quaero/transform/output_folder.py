"""A folder of results: each file is there as a whole or not at all, and an index tells what came from what."""

import json
import os
import secrets
from collections.abc import Mapping
from errno import ENOTDIR
from glob import escape
from pathlib import Path
from typing import Any, Final, Self

INDEX: Final = "index.jsonl"
"""A JSON object a line; of several lines for one file the last one counts."""


def write_result(folder: Path, name: str, text: str, source: Mapping[str, Any]) -> bool:
    """Write a file of that name (`a/b.md` in a folder of its own) unless it is there as it should be; whether it was.

    Its source is noted first: who is interrupted in between writes both again. OSError as it comes.
    """
    content = text.encode("utf-8", "replace")
    path = folder / name
    if _has(path, content):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.parent.resolve().is_relative_to(folder.resolve()):
        raise NotADirectoryError(ENOTDIR, "a link leads out of the folder")
    _note(folder / INDEX, {"file": name, **source})
    replace_file(path, content)
    return True


def replace_file(path: Path, content: bytes) -> None:
    """Put a file in the place of what has this name. Others see the old one or the new one; a link is not followed."""
    with Draft(path) as draft:
        draft.write(content)
        draft.use()


class Draft:
    """A file that gets its name when it is complete; without `use` nothing is left of it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f".{escape(path.name)}.*.part"):
            left.unlink(missing_ok=True)  # of a process that was killed
        self._path = path
        self._draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        self._file = self._draft.open("xb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, content: bytes) -> None:
        self._file.write(content)

    def use(self) -> None:
        """Put it in its place, on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._draft.replace(self._path)

    def close(self) -> None:
        self._file.close()
        self._draft.unlink(missing_ok=True)


def _has(path: Path, content: bytes) -> bool:
    if path.is_symlink() or not path.is_file() or path.stat().st_size != len(content):
        return False
    return path.read_bytes() == content


def _note(index: Path, entry: Mapping[str, Any]) -> None:
    """One write at the end of the file: lines of several processes do not mix."""
    line = json.dumps(entry, ensure_ascii=False) + "\n"
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(index, flags, 0o666)
    try:
        os.write(descriptor, line.encode("utf-8", "replace"))
    finally:
        os.close(descriptor)
