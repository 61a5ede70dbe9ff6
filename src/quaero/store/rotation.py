"""Backups in a folder of backups: each named after its time, the newest of them kept."""

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from quaero.models.errors import UsageError
from quaero.store.store import Store

_TIME = "%Y%m%dT%H%M%SZ"


class Rotated(msgspec.Struct, frozen=True):
    """The new backup, its size in bytes, and how many old ones went; `problems`: why others did not."""

    file: Path
    size: int
    removed: int
    problems: tuple[str, ...] = ()


async def back_up_into(store: Store, folder: Path, name: str, keep: int) -> Rotated:
    """Copy the store to `name-20261121T201500Z.db` in the folder; of all such files the newest `keep` stay.

    The folder is made if the one that it is in is there. Old backups go once the new one is complete. `UsageError` or
    `StoreError` when it cannot be made; then all is as it was.
    """
    _make(folder)
    made = datetime.fromtimestamp(store.backend.clock.now_ms() / 1000, UTC)
    file = _new_name(folder, f"{name}-{made:{_TIME}}")
    size = await store.back_up(file)
    removed, problems = 0, []
    for old in backups(folder, name)[keep:]:
        try:
            old.unlink(missing_ok=True)
            removed += 1
        except OSError as error:
            problems.append(f"{old} is to go, but cannot be removed ({error.strerror})")
    return Rotated(file, size, removed, tuple(problems))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"the folder for backups cannot be used ({error.strerror})",
            where=str(folder),
            remedy="Name one whose own folder is there, and that can be written: backup_dir",
        ) from error


def backups(folder: Path, name: str) -> list[Path]:
    """The backups of that name in the folder, the newest first; other files are none of ours."""
    ours = re.compile(rf"{re.escape(name)}-([0-9]{{8}}T[0-9]{{6}}Z)(?:-([0-9]+))?\.db")
    matches = [(ours.fullmatch(path.name), path) for path in folder.iterdir()]
    found = [(match[1], int(match[2] or 1), path) for match, path in matches if match]
    return [path for _, _, path in sorted(found, reverse=True)]


def _new_name(folder: Path, name: str) -> Path:
    """With a number behind it where there were others in this second: one more than theirs."""
    others = [path.stem.removeprefix(name) for path in folder.glob(f"{name}*.db")]
    last = max((int(number.removeprefix("-") or 1) for number in others), default=0)
    return folder / (f"{name}-{last + 1}.db" if last else f"{name}.db")
