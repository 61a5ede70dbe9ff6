"""The boundary to a database: named statements, run in transactions.

The rules of the job tree are written once, in `store.transitions`, over these two protocols. A backend brings the
statements in its own dialect (one file each, the same names) and the transactions.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Flag, auto
from typing import Any, Protocol

from quaero.models.event import Event

Row = tuple[Any, ...]
Parameters = Mapping[str, Any]

Answer = Callable[[], list[Row]]
"""The rows of a statement; who calls waits for them."""

BeforeStatement = Callable[[str], None]
"""Called with the name of every statement of a write transaction: the place where tests let the process crash."""


class Change(Flag):
    """What a commit touched, for whoever sleeps until something happens."""

    NOTHING = 0
    READY = auto()  # jobs became claimable
    PROGRESS = auto()  # a parent's counts changed
    DECISION = auto()  # a child failed, or a parent has no open child left: the orchestrator must decide
    EVENTS = auto()  # there are new events
    STOPPED = auto()  # running jobs were taken from their workers (cancelled)
    DUTY = auto()  # a duty became free
    FOREIGN = auto()  # another process committed: anything may have changed


class Entries:
    """What the journal of a transaction has collected: changes of counts by parent, events by run."""

    def __init__(self) -> None:
        self.counts: defaultdict[int, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.events: defaultdict[int, list[Event]] = defaultdict(list)


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

    @property
    def entries(self) -> Entries:
        """For `Journal`; of all callers that share this commit, if several do."""
        ...

    def write_entries(self, write: Callable[[], None]) -> None:
        """Call it now, or once before the commit for all callers that share it: counts and numbers are hot rows."""
        ...

    def many(self, statement: str, parameters: Iterable[Parameters]) -> list[Row]:
        """Run the statement once for each mapping; the rows of all of them, in order."""
        ...

    def ask(self, statement: str, /, **parameters: Any) -> Answer:
        """Run the statement, but do not wait for its rows before they are called for."""
        ...

    def ask_many(self, statement: str, parameters: Iterable[Parameters]) -> Answer:
        """`many`, without waiting for the rows before they are called for."""
        ...

    def lock(self, job_ids: Sequence[int], *, shared: bool = False) -> None:
        """Keep other transactions out of the runs that these jobs belong to, until the commit; waits for them.

        `shared`: for what only moves single jobs that are nobody else's, and counts them. Those go side by side, where
        no step of the run has a limit that must be exact.

        What was read of those runs before may be outdated. A transition locks what it touches before it looks, and
        once: who asks again with locks in hand may wait for one who waits for him.
        """
        ...

    def try_lock(self, run_ids: Sequence[int], *, shared: bool = False) -> Answer:
        """The same without waiting for others: those of the runs, as rows, that are locked now."""
        ...

    def hold(self, *names: str) -> None:
        """Keep others out of what is not a run, by any name."""
        ...

    def hold_gates(self) -> Callable[[], bool]:
        """Keep changes of gates away, and other claims too if there are gates at all; whether those are kept away."""
        ...

    def try_hold_gates(self) -> Callable[[], bool]:
        """`hold_gates`, unless others have to be waited for; whether it was done. Then look whether there are gates."""
        ...

    def touch(self, change: Change | Callable[[], Change]) -> None:
        """Tell what this transaction changes; announced after the commit, when a function for it is called."""
        ...


class OutdatedError(Exception):
    """What was read before a lock was taken has changed since: the transaction is to be run again."""
