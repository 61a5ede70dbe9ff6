"""The boundary to a database: named statements, run in transactions.

The rules of the job tree are written once, in `store.transitions`, over these two protocols. A backend brings the
statements in its own dialect (one file each, the same names) and the transactions.
"""

from collections.abc import Iterable, Mapping
from enum import Flag, auto
from typing import Any, Protocol

Row = tuple[Any, ...]
Parameters = Mapping[str, Any]


class Change(Flag):
    """What a commit touched, for whoever sleeps until something happens."""

    NOTHING = 0
    READY = auto()  # jobs became claimable
    PROGRESS = auto()  # a parent's counts changed
    DECISION = auto()  # a child failed, or a parent has no open child left: the orchestrator must decide
    EVENTS = auto()  # there are new events
    STOPPED = auto()  # running jobs were taken from their workers (cancelled)
    FOREIGN = auto()  # another process committed: anything may have changed


class Reader(Protocol):
    """A consistent view of the store."""

    def rows(self, statement: str, /, **parameters: Any) -> list[Row]:
        """Run the statement of that name; all its rows."""
        ...


class Transaction(Reader, Protocol):
    """One write transaction: everything done in it commits together or not at all."""

    @property
    def now(self) -> int:
        """The time of this transaction, in milliseconds since 1970, by the store's clock."""
        ...

    @property
    def ticks(self) -> int:
        """The same moment in milliseconds by the clock of leases, which nobody can set."""
        ...

    def many(self, statement: str, parameters: Iterable[Parameters]) -> list[Row]:
        """Run the statement once for each mapping; the rows of all of them, in order."""
        ...

    def touch(self, change: Change) -> None:
        """Tell what this transaction changes; announced after the commit."""
        ...
