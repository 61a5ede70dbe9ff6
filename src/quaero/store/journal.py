"""The journal of one transaction: every move of a job passes through it once.

It keeps the counts of parents and the numbered events in step with the rows of jobs, because they are written from
the same calls, in the same transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import msgspec

from quaero.models.event import Event, JobCreated, JobSpawned, JobStatusChange
from quaero.models.job import JobKind, JobState, check_move
from quaero.store.transaction import Answer, Change, Transaction

COUNTED = (
    "total", "waiting", "pending", "running", "paused", "completed", "failed", "cancelled", "skipped",
    "created", "updated", "unchanged", "planned",
)  # fmt: skip

encode = msgspec.json.Encoder().encode


class Journal:
    """Collects what a transaction does to jobs; `flush` writes the counts and events of it."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._counts, self._events = tx.entries.counts, tx.entries.events

    def created(
        self, job_id: int, root_id: int, parent_id: int | None, kind: JobKind, name: str, state: str
    ) -> None:
        """A run or parent job was inserted."""
        if parent_id is not None:
            self.count(parent_id, total=1, **{state: 1})
        self.event(JobCreated(root_id, job_id, kind, name, state))

    def spawned(
        self, jobs: Iterable[tuple[int, str]], root_id: int, parent_id: int, depth: int, by: int | None
    ) -> None:
        """Child jobs, as (id, name), were inserted as pending."""
        events = [JobSpawned(root_id, job_id, parent_id, name, depth, by) for job_id, name in jobs]
        self._events[root_id].extend(events)
        self.count(parent_id, total=len(events), pending=len(events))

    def moved(
        self,
        job_id: int,
        root_id: int,
        parent_id: int | None,
        before: JobState,
        after: JobState,
        *,
        reason: str = "",
        reopening: bool = False,
    ) -> None:
        """A job moved between two states; an illegal move raises and so undoes the transaction."""
        check_move(before, after, run=parent_id is None, reopening=reopening)
        if parent_id is not None and before != after:
            counts = self._counts[parent_id]
            counts[before] -= 1
            counts[after] += 1
        self._events[root_id].append(JobStatusChange(root_id, job_id, parent_id, before, after, reason))

    def count(self, parent_id: int, **changes: int) -> None:
        """Change a parent's counts by so much."""
        counts = self._counts[parent_id]
        for name, change in changes.items():
            counts[name] += change

    def event(self, event: Event) -> None:
        """Record an event that is not a move."""
        self._events[event.root_id].append(event)

    def flush(self) -> None:
        """Have written what was collected."""
        self._tx.write_entries(self._write)

    def _write(self) -> None:
        self.flush_counts()
        for root_id, events in sorted(self._events.items()):
            self._write_events(root_id, events)
        self._events.clear()

    def flush_counts(self) -> None:
        """Write the counts that were collected so far, so that they can be read."""
        if self._counts:
            rows = [
                {"job_id": job_id} | {name: counts.get(name, 0) for name in COUNTED}
                for job_id, counts in sorted(self._counts.items())
            ]
            self._tx.touch(partial(_what_changed, rows, self._tx.ask_many("add_to_progress", rows)))
            self._counts.clear()

    def _write_events(self, root_id: int, events: list[Event]) -> None:
        self._tx.rows("number_events", root_id=root_id, count=len(events))
        at = self._tx.now
        self._tx.many(
            "insert_event",
            [
                {
                    "root_id": root_id,
                    "back": back,
                    "at": at,
                    "type": event.type,
                    "job_id": event.job_id,
                    "data": encode(event).decode(),
                }
                for back, event in zip(range(len(events) - 1, -1, -1), events, strict=True)
            ],
        )
        self._tx.touch(Change.EVENTS)


def _what_changed(counts: Sequence[Mapping[str, int]], answer: Answer) -> Change:
    """`answer`: for each parent whether it is open, and whether a limit holds its children back."""
    told, change = answer(), Change.PROGRESS
    limited = any(is_limited for _, is_limited in told)
    if any(row["pending"] > 0 or (limited and row["running"] < 0) for row in counts):
        change |= Change.READY  # a child waits for a worker, or room was made for one behind a limit
    if not all(is_open for is_open, _ in told) or any(row["failed"] > 0 for row in counts):
        change |= Change.DECISION
    return change
