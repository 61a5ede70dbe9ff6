"""Questions about many jobs that pages ask all the time: how many in which state, and any part of a long list."""

from collections.abc import Sequence

import msgspec

from quaero.models.job import Job, JobKind, JobState
from quaero.store.reads import JobFilter
from quaero.store.rows import job_of, to_json
from quaero.store.transaction import Reader

_COUNTED = (
    JobState.WAITING,
    JobState.PENDING,
    JobState.RUNNING,
    JobState.PAUSED,
    JobState.COMPLETED,
    JobState.FAILED,
    JobState.CANCELLED,
    JobState.SKIPPED,
)
"""In the order of the columns of `states_of_children`."""


class ChildPage(msgspec.Struct, frozen=True):
    """Part of the jobs right below a parent, by id; `total`: how many there are of the wanted states in all."""

    items: tuple[Job, ...]
    total: int
    next_cursor: int | None


def state_counts(reader: Reader, wanted: JobFilter) -> dict[JobState, int]:
    """How many of the jobs are in which state; all states, whatever states are wanted."""
    wanted = msgspec.structs.replace(wanted, states=None)
    if wanted.parent_id is not None and wanted == JobFilter(parent_id=wanted.parent_id):
        return _kept(reader, wanted.parent_id)
    if wanted == JobFilter(
        kind=wanted.kind, root_id=wanted.root_id
    ):  # millions of jobs, maybe, but few parents
        return _kept_of_all(reader, wanted)
    return _counted(reader, wanted)


def children(
    reader: Reader, parent_id: int, states: Sequence[JobState] | None, after: int, offset: int, limit: int
) -> ChildPage:
    """The jobs right below a parent with ids above `after`, without the first `offset` of these."""
    rows = reader.rows(
        "list_children",
        parent_id=parent_id,
        states=None if states is None else to_json(states),
        after=after,
        offset=offset,
        limit=limit + 1,
    )
    items = tuple(job_of(row) for row in rows[:limit])
    kept = _kept(reader, parent_id)
    total = sum(kept[state] for state in set(kept if states is None else states))
    return ChildPage(items, total, items[-1].id if len(rows) > limit else None)


def _counted(reader: Reader, wanted: JobFilter) -> dict[JobState, int]:
    counts = dict.fromkeys(JobState, 0)
    for state, count in reader.rows(f"states_of_{wanted.scope}", **wanted.parameters()):
        counts[JobState(state)] = count
    return counts


def _kept(reader: Reader, parent_id: int) -> dict[JobState, int]:
    """The counts that a parent keeps of its children; none for a child job."""
    for row in reader.rows("states_of_children", job_id=parent_id):
        return dict(zip(_COUNTED, row, strict=True))
    return dict.fromkeys(JobState, 0)


def _kept_of_all(reader: Reader, wanted: JobFilter) -> dict[JobState, int]:
    """By the counts that parents keep; only runs have none, and are counted themselves."""
    counts = dict.fromkeys(JobState, 0)
    if wanted.kind in (None, JobKind.RUN):
        counts = _runs(reader, wanted.root_id)
    for kind, *row in reader.rows("states_below_parents", root_id=wanted.root_id):
        if wanted.kind in (None, kind):
            for state, count in zip(_COUNTED, row, strict=True):
                counts[state] += count
    return counts


def _runs(reader: Reader, run_id: int | None) -> dict[JobState, int]:
    """All of them, or the one of this id."""
    if run_id is None:
        return _counted(reader, JobFilter(kind=JobKind.RUN))
    states = [job_of(row).state for row in reader.rows("get_job", id=run_id) if row[1] == run_id]
    return {state: states.count(state) for state in JobState}
