"""Bulk operations: one thing done to many jobs, each on its own, and the count of what came of it."""

import re
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from quaero.models.job import OPEN_STATES, JobKind, JobState


class Operation(StrEnum):
    """What can be done to many jobs at once."""

    CANCEL = "cancel"
    RETRY = "retry"
    DELETE = "delete"
    PAUSE = "pause"
    RESUME = "resume"
    PRIORITY = "priority"

    @property
    def done(self) -> str:
        """What a job is after it: "cancelled"."""
        return _DONE[self]

    def reached(self, state: JobState) -> bool:
        """Whether a job in this state is already what the operation makes of it."""
        return state in _GOALS.get(self, ())


_DONE: Mapping[Operation, str] = MappingProxyType(
    {
        Operation.CANCEL: "cancelled",
        Operation.RETRY: "put back into the queue",
        Operation.DELETE: "deleted",
        Operation.PAUSE: "paused",
        Operation.RESUME: "resumed",
        Operation.PRIORITY: "given the priority",
    }
)
_GOALS: Mapping[Operation, frozenset[JobState]] = MappingProxyType(
    {
        Operation.CANCEL: frozenset({JobState.CANCELLED}),
        Operation.RETRY: OPEN_STATES,
        Operation.PAUSE: frozenset({JobState.PAUSED}),
        Operation.RESUME: OPEN_STATES - {JobState.PAUSED},
    }
)
_TRIED_AGAIN = frozenset({JobState.FAILED, JobState.CANCELLED})


def refusal(operation: Operation, kind: JobKind, state: JobState) -> str:
    """Why a job of this kind in this state refused, as it completes "3 were …"."""
    if operation is Operation.DELETE and kind is not JobKind.RUN:
        return "part of a run"
    if operation is Operation.DELETE and not state.final:
        return f"still {state}"
    if operation is Operation.RETRY and state in _TRIED_AGAIN:
        return "refused"  # no free slot, or it depends on what did not complete: the log says it
    return f"already {state}"


class Tally:
    """How many jobs came to what. `str` of it is one line, which `read` understands: "97 cancelled, 3 were …"."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._counts: Counter[str] = Counter()

    def add(self, what: str | None = None, count: int = 1) -> None:
        """Count jobs: as done, or as what they were instead."""
        self._counts[what or self._operation.done] += count

    @property
    def done(self) -> int:
        return self._counts[self._operation.done]

    @property
    def others(self) -> dict[str, int]:
        """What jobs were instead, with their numbers; the largest first."""
        rest = [(what, count) for what, count in self._counts.items() if what != self._operation.done]
        return dict(sorted(rest, key=lambda each: (-each[1], each[0])))

    def __str__(self) -> str:
        others = [f"{count} {'was' if count == 1 else 'were'} {what}" for what, count in self.others.items()]
        return ", ".join([f"{self.done} {self._operation.done}", *others])

    @classmethod
    def read(cls, operation: Operation, text: str) -> Self:
        """The tally in a line that `str` wrote, wherever in `text` it ends; an empty one for any other text."""
        tally = cls(operation)
        found = re.search(rf"\d+ {operation.done}(, \d+ (was|were) [a-z ]+)*$", text)
        for part in found[0].split(", ") if found else ():
            count, _, what = part.partition(" ")
            tally.add(re.sub("^(was|were) ", "", what), int(count))
        return tally

    def include(self, other: "Tally") -> None:
        """Add what another one counted."""
        self.add(count=other.done)
        for what, count in other.others.items():
            self.add(what, count)
