"""What is done to keep a database in shape, and what came of it."""

from enum import StrEnum

import msgspec

from quaero.models.measures import seconds_text, size_text


class Operation(StrEnum):
    """What a maintenance step can do, each for itself and beside running work."""

    VACUUM = "vacuum"
    ANALYZE = "analyze"
    REINDEX = "reindex"
    OPTIMIZE = "optimize"
    INTEGRITY_CHECK = "integrity_check"
    PRUNE = "prune"
    BACKUP = "backup"


class Maintained(msgspec.Struct, frozen=True):
    """One operation: what it did, how long it took, and the size of the database with its log around it.

    `problems`: what it could not do beside that. `findings`: what is damaged, by a check.
    """

    operation: str
    text: str
    seconds: float
    bytes_before: int
    bytes_after: int
    problems: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """`1.2 GB → 410 MB in 3.2 s: 190,000 pages given back`."""
        sizes = f"{size_text(self.bytes_before)} → {size_text(self.bytes_after)}"
        return f"{sizes} in {seconds_text(self.seconds)}: {self.text}"

    @property
    def exact(self) -> str:
        """The same in numbers."""
        return f"{self.seconds:.3f} s; {self.bytes_before} bytes before, {self.bytes_after} bytes after"
