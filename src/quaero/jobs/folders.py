"""Files that a person named by a folder and a pattern; nothing outside of the folder is reached, whatever links say."""

import os
import re
from pathlib import Path

from quaero.models.errors import JobFailure

_PARTS = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANT = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def files_of(folder: Path, pattern: str) -> list[str]:
    """The files whose path within the folder matches, as such paths with `/`, in the order of their characters.

    `*` and `?` stand for characters of one name, `**/` for any folders. Names that begin with a dot are left out unless
    the pattern names one. Links to folders are not entered, links to files only followed within the folder.
    """
    root = existing_folder(folder)
    fits = re.compile(_expression(pattern), re.DOTALL).fullmatch
    hidden = pattern.startswith(".") or "/." in pattern
    found = []
    for parent, folders, names in os.walk(root):
        folders[:] = [name for name in folders if hidden or not name.startswith(".")]
        for name in names:
            path = Path(parent, name)
            within = path.relative_to(root).as_posix()
            if (hidden or not name.startswith(".")) and fits(within) and _is_inside(root, path):
                found.append(_storable(within, path))
    return sorted(found)


def file_in(folder: Path, name: str) -> Path:
    """The file of that path within the folder. `JobFailure` if there is none, or a link leads elsewhere."""
    root = existing_folder(folder)
    path = root / name
    if not _is_inside(root, path):
        raise JobFailure("there is no such file in the folder", code="no_file", where=str(path))
    return path.resolve()


def existing_folder(folder: Path) -> Path:
    """The folder without links. `JobFailure` if it is none."""
    if not folder.is_dir():
        raise JobFailure(
            "there is no such folder", code="no_file", where=str(folder), remedy="Correct the definition"
        )
    return folder.resolve()


def _is_inside(root: Path, path: Path) -> bool:
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError):  # gone, or a link that leads round in a circle
        return False
    return real.is_relative_to(root) and real.is_file()


def _expression(pattern: str) -> str:
    return "".join(_MEANT.get(part) or re.escape(part) for part in _PARTS.findall(pattern))


def _storable(name: str, path: Path) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        where = str(path).encode("utf-8", "backslashreplace").decode()
        raise JobFailure(
            "the name of this file is not UTF-8", code="no_file", where=where, remedy="Rename it"
        ) from None
    return name
