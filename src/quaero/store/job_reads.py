"""Questions about runs that their pages ask: the steps, the history of a job, what happened when, what was stored."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from quaero.models.event import Recorded
from quaero.models.job import Job, JobState
from quaero.models.progress import estimate_seconds
from quaero.store.reads import ParentProgress
from quaero.store.rows import document_counts_of, job_of, progress_of, recorded_of, to_json
from quaero.store.transaction import Reader, Row

JOB_COLUMNS = 23
"""The first columns of `steps_of_runs`."""


class Step(msgspec.Struct, frozen=True):
    """A parent job with where it stands. `last_child_at`: when its newest child was created, while it runs."""

    job: Job
    progress: ParentProgress
    last_child_at: int | None


class Span(msgspec.Struct, frozen=True):
    """How many children of a step did what in the span of this number: "started", or the state that they came to."""

    step_id: int
    number: int
    what: str
    count: int


class SavedBy(msgspec.Struct, frozen=True):
    """The document that a job saw last, and what became of it then: stored, changed or unchanged."""

    document_id: int
    fate: str


class Group(msgspec.Struct, frozen=True):
    """How many children of a step burden this server ("": none is named), at this depth, in this state."""

    host: str
    depth: int
    state: JobState
    count: int


def steps(reader: Reader, run_ids: Sequence[int]) -> dict[int, tuple[Step, ...]]:
    """The steps of each of the runs, in their order."""
    found: defaultdict[int, list[Step]] = defaultdict(list)
    for row in reader.rows("steps_of_runs", ids=to_json(run_ids)):
        job = job_of(row[:JOB_COLUMNS])
        found[job.root_id].append(Step(job, _progress(row[JOB_COLUMNS:]), row[-1]))
    return {run_id: tuple(each) for run_id, each in found.items()}


def history(reader: Reader, job_id: int, limit: int) -> tuple[Recorded, ...]:
    """The newest events about a job, but for those that tell of progress; oldest first."""
    [(root_id,)] = {row[1:2] for row in reader.rows("get_job", id=job_id)} or {(0,)}
    rows = reader.rows("events_of_job", root_id=root_id, job_id=job_id, limit=limit)
    return tuple(recorded_of(row) for row in reversed(rows))


def timeline(reader: Reader, run_id: int, since: int, span: int) -> tuple[Span, ...]:
    """What happened to the children of a run in spans of so many milliseconds from `since` on."""
    return tuple(Span(*row) for row in reader.rows("timeline", root_id=run_id, since=since, span=span))


def saved_by(reader: Reader, run_id: int, job_ids: Sequence[int]) -> dict[int, SavedBy]:
    """The documents of jobs of a run, by the ids of the jobs."""
    rows = reader.rows("saved_by", root_id=run_id, ids=to_json(job_ids))
    return {job_id: SavedBy(document_id, _fate(*times)) for job_id, document_id, *times in rows}


def groups(reader: Reader, step_id: int) -> tuple[Group, ...]:
    """The children of a step by host, depth and state."""
    rows = reader.rows("groups_of_children", parent_id=step_id)
    return tuple(Group(host, depth, JobState(state), count) for host, depth, state, count in rows)


def _fate(created_at: int, updated_at: int, checked_at: int) -> str:
    if checked_at > updated_at:
        return "unchanged"
    return "changed" if updated_at > created_at else "stored"


def _progress(row: Row) -> ParentProgress:
    counts, plan_closed, slots, max_documents, rate = progress_of(row), bool(row[10]), *row[11:14]
    estimate = estimate_seconds(counts, rate, plan_closed=plan_closed)
    return ParentProgress(counts, document_counts_of(row), plan_closed, slots, max_documents, rate, estimate)
