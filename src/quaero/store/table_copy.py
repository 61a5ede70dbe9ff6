"""What moving a store needs from a database: to read whole tables, and to fill those of an empty store."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Final, Protocol, TypeVar

from quaero.models.errors import StoreError
from quaero.store.check import Finding
from quaero.store.tables import Table
from quaero.store.transaction import Reader, Row, Transaction

T = TypeVar("T")

Rows = Generator[Row, None, None]
"""Rows as they are read; whoever stops before the last one closes it."""

NOTE: Final = "unfinished_move"
"""The table in which a store that is being filled keeps how far that is. Where it is, no other command goes on."""


def unfinished(source: str, *, where: str, target: str) -> StoreError:
    """What whoever opens a store gets to hear that an interrupted move has left."""
    command = f"quaero db migrate --database {quote(source)} --to {quote(target)}"
    return StoreError(f"holds an unfinished copy of {source}", where=where, remedy=f"Finish it: {command}")


@dataclass(frozen=True, slots=True)
class Part:
    """So many rows of a table, those with the lowest keys, and the hash of them."""

    rows: int = 0
    hash: str = "0" * 64


@dataclass(frozen=True, slots=True)
class Begun:
    """A move that was interrupted: where it came from, and what of each table has arrived."""

    source: str
    parts: Mapping[str, Part]


class Source(Protocol):
    """A store that is read and stays as it is."""

    @property
    def name(self) -> str:
        """Its URL as people may see it."""
        ...

    def look(self) -> Reader:
        """See the store as it is now, in everything that is read until the next look."""
        ...

    def living(self, owners: Sequence[str]) -> list[str]:
        """Those of the owners of leases that may still be there. May watch for some seconds."""
        ...

    def count(self, table: Table) -> int: ...

    def rows(self, table: Table) -> Rows:
        """All rows in the order of their keys, each with the columns in the order of the table."""
        ...

    def last_id(self, table: Table) -> int:
        """The highest id that was ever given out."""
        ...


class Target(Protocol):
    """A store that is being filled, and that nobody else can use until it is full."""

    @property
    def name(self) -> str: ...

    @property
    def holds_zeros(self) -> bool:
        """Whether its texts may have zero bytes."""
        ...

    def begun(self) -> Begun | None:
        """The move that was begun here; None for an empty store. `ConflictError` when it holds anything else."""
        ...

    def begin(self, source: str) -> None:
        """Forget what has arrived, and note what the store is filled from."""
        ...

    def add(self, table: Table, rows: Sequence[Row], before: Part, after: Part) -> None:
        """Add rows and note what of the table has arrived with them, at once and durably."""
        ...

    def rows(self, table: Table) -> Rows:
        """All rows, in any order."""
        ...

    def tidy(self) -> None:
        """Prepare for being read: statistics, and what else is due after so many new rows."""
        ...

    def damage(self) -> tuple[Finding, ...]:
        """What is wrong with the database itself."""
        ...

    def finish(
        self,
        last_ids: Mapping[str, int],
        change: Callable[[Transaction], T],
        approve: Callable[[Reader], None],
    ) -> T:
        """Let ids go on after the last ones, `change` the store, and open it to everybody, all in one transaction.

        Unless `approve` raises an error of what it has become. The result of `change`.
        """
        ...
