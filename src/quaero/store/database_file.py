"""What is done to a database as a whole, while it is not open."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import msgspec

from quaero.store.table_copy import Source, Target

Progress = Callable[[int, int], None]
"""Told how much is copied, of how much."""


class Versions(msgspec.Struct, frozen=True):
    """The version of a database's schema (0: there is none yet) and the one that this program writes."""

    found: int
    known: int


class Restored(msgspec.Struct, frozen=True):
    """What a restore did. `returned`: jobs that were in flight and are back in the queue; `kept`: the old database."""

    versions: Versions
    returned: int
    kept: Path | None


class DatabaseFile(Protocol):
    """A database that need not be there."""

    def versions(self) -> Versions:
        """Look; nothing is changed. `StoreError` when it is damaged, foreign or newer."""
        ...

    def source(self) -> AbstractContextManager[Source]:
        """The store, to be read by a move. `NotFoundError` when there is none, `StoreError` when it is not ours."""
        ...

    def target(self) -> AbstractContextManager[Target]:
        """The store, made where there is none, to be filled by a move; nobody else uses it meanwhile.

        `ConflictError` when a process has it open.
        """
        ...

    def restore(self, source: Path, *, replace: bool, progress: Progress | None = None) -> Restored:
        """Put a copy of the backup in the place of the database, which is kept beside it.

        `ConflictError` when a process has the database open, or when there is one and `replace` is not set;
        `StoreError` when the backup is damaged, foreign or newer. In each case nothing is changed.
        """
        ...
