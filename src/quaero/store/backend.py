"""What the store needs from a database."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from quaero.models.document import SearchHit
from quaero.search.query import Query
from quaero.store.check import Finding
from quaero.store.clock import Clock
from quaero.store.database_file import Progress
from quaero.store.index_state import IndexState
from quaero.store.transaction import Change, Reader, Row

T = TypeVar("T")


class Backend(Protocol):
    """A database with the named statements of its dialect. Errors of the driver come out as `StoreError`."""

    @property
    def owner(self) -> str:
        """The name under which this process takes leases; random, never used again."""
        ...

    @property
    def host(self) -> str:
        """The name of the machine that this process runs on."""
        ...

    @property
    def clock(self) -> Clock:
        """The clock by which transactions are dated."""
        ...

    def be_patient(self, patient: bool = True) -> None:
        """From now on wait for another program's lock, or the server, as long as it takes: for what runs for days."""
        ...

    async def write(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run `function(transaction, *arguments)`; return its result after the commit. May group several."""
        ...

    async def read(self, function: Callable[..., T], *arguments: Any, again: bool = True) -> T:
        """Run `function(reader, *arguments)` on one snapshot; `again`: it may be called again after a failure."""
        ...

    def search(
        self, reader: Reader, query: Query, limit: int, offset: int
    ) -> tuple[tuple[SearchHit, ...], int]:
        """The best matches from `offset`, and how many documents match in all."""
        ...

    def search_facets(self, reader: Reader, query: Query, most: int, most_values: int) -> list[Row]:
        """Among so many of the matches, how many there are of each source, tag and host, the commonest first.

        As (kind, value, documents), at most so many of each kind.
        """
        ...

    async def check_files(self) -> tuple[Finding, ...]:
        """What is wrong with the database itself: damaged pages, a full-text index that does not fit."""
        ...

    async def facts(self) -> dict[str, str | int]:
        """What an operator may want to know of the database: where it is, its version, its size.

        Numbers among them are `bytes`, and of a file `wal_bytes` (of what is not in its final place yet), `free_bytes`.
        """
        ...

    @property
    def name_of_copies(self) -> str | None:
        """How the names of copies of this database begin; None: it is not copied to files by us."""
        ...

    async def back_up(self, target: Path, *, overwrite: bool, progress: Progress) -> int:
        """Copy the database as it is now to a file, however much is written meanwhile; the size in bytes.

        `ConflictError` when the file is there and `overwrite` is not set.
        """
        ...

    async def checkpoint(self) -> bool | None:
        """Bring everything to its final place on the disk; False if others were in the way, None: not our affair."""
        ...

    async def begin_index(self) -> None:
        """Get ready to build the full-text index anew; what is left of an unfinished build goes.

        Searches find everything at every moment until `finish_index`, and after it.
        """
        ...

    async def index_documents(self, after: int, up_to: int | None) -> int:
        """Index the documents with ids above `after` up to `up_to` (None: all), in short transactions; how many.

        Those that the present build has already may be left out.
        """
        ...

    async def finish_index(self) -> int:
        """Index whatever is left and bring the new index into use; how many documents were left."""
        ...

    async def index_state(self) -> IndexState:
        """How well the index fits the documents; nothing is changed."""
        ...

    async def tidy_index(self) -> int:
        """Bring the full-text index into its best shape, in short transactions; 0 when it was."""
        ...

    async def optimize(self) -> None:
        """Bring the statistics up to date from which queries are planned."""
        ...

    async def analyze(self) -> None:
        """Gather all these statistics anew, in a short transaction or without one."""
        ...

    async def reindex(self) -> int:
        """Build every index of the tables anew, one after the other, so that who writes waits for one at the most.

        How many those were.
        """
        ...

    async def give_way(self, seconds: float) -> None:
        """Let other processes write, between the transactions of long work; the last one took so long."""
        ...

    async def give_back(self) -> str:
        """Give back the space that nothing uses, in short transactions beside running work; what came of it."""
        ...

    def require_alone(self) -> None:
        """`ConflictError` when another process has the database open."""
        ...

    async def vacuum(self) -> None:
        """Write the whole database anew, without gaps; for a process that is alone with it."""
        ...

    async def dead(self, owners: Sequence[str]) -> list[str]:
        """Those of the owners that are known to be gone."""
        ...

    def on_change(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call the listener in the event loop after commits; the returned function ends that."""
        ...

    async def close(self) -> None: ...
