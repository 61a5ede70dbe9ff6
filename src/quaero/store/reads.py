"""Questions to the store, each answered from one snapshot."""

from collections.abc import Sequence

import msgspec

from quaero.models.definition import JobDefinition
from quaero.models.document import Document
from quaero.models.errors import DefinitionError, NotFoundError
from quaero.models.event import Recorded
from quaero.models.job import Job, JobKind, JobState
from quaero.models.outcome import LogLevel
from quaero.models.progress import DocumentCounts, Progress
from quaero.store.rows import (
    document_counts_of,
    document_of,
    from_json,
    job_of,
    progress_of,
    recorded_of,
    to_json,
)
from quaero.store.transaction import Reader


class JobFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs: every field that is set must hold."""

    root_id: int | None = None
    parent_id: int | None = None
    kind: JobKind | None = None
    states: tuple[JobState, ...] | None = None
    type: str | None = None
    definition_id: str | None = None

    def parameters(self) -> dict[str, object]:
        values = msgspec.structs.asdict(self)
        values["states"] = None if self.states is None else to_json(self.states)
        return values

    @property
    def scope(self) -> str:
        """Which statements answer: an index serves each of these, and none serves all of them."""
        if self.parent_id is not None or self.root_id is not None:
            return "jobs_below"
        return "runs" if self.kind is JobKind.RUN else "jobs"


class DocumentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which documents: every field that is set must hold. `url_part` is text that the URL contains."""

    source_type: str | None = None
    tag: str | None = None
    url_part: str | None = None


class JobPage(msgspec.Struct, frozen=True):
    """One page of a list: the jobs, how many there are in all, and the cursor of the next page."""

    items: tuple[Job, ...]
    total: int
    next_cursor: int | None


class DocumentPage(msgspec.Struct, frozen=True):
    """One page of a list: the documents, how many there are in all, and the cursor of the next page."""

    items: tuple[Document, ...]
    total: int
    next_cursor: int | None


class ParentProgress(msgspec.Struct, frozen=True):
    """Where a run or parent job stands. `slots` of `max_documents` are held when the step has such a limit."""

    counts: Progress
    documents: DocumentCounts
    plan_closed: bool
    slots: int
    max_documents: int | None


class ErrorGroup(msgspec.Struct, frozen=True):
    """Failed children with the same error code: how many, and the first of them."""

    code: str
    count: int
    example: Job


class RunInfo(msgspec.Struct, frozen=True):
    """What belongs to a run beside its job. `last_event` is the number of its newest event."""

    definition: JobDefinition
    deadline: int | None
    last_event: int


class StoredLine(msgspec.Struct, frozen=True):
    """A log line as stored; `id` orders the lines of all jobs."""

    id: int
    job_id: int
    number: int
    at: int
    level: LogLevel
    message: str


class StoredDefinition(msgspec.Struct, frozen=True):
    """A definition with the text that it was read from and where it came from: user, quick or system."""

    definition: JobDefinition
    source: str
    origin: str
    created_at: int
    updated_at: int


class SourceStats(msgspec.Struct, frozen=True):
    """How much the collection holds of one source type; `characters` of Markdown."""

    source_type: str
    documents: int
    characters: int
    updated_at: int


def job(reader: Reader, job_id: int) -> Job:
    rows = reader.rows("get_job", id=job_id)
    if not rows:
        raise NotFoundError(f"there is no job {job_id}", remedy="See: quaero jobs list")
    return job_of(rows[0])


def jobs(reader: Reader, wanted: JobFilter, limit: int, cursor: int | None, oldest_first: bool) -> JobPage:
    if oldest_first and wanted.scope != "jobs_below":
        raise ValueError("only the jobs of a run or of a parent can be listed from the oldest on")
    parameters = wanted.parameters()
    [(total,)] = reader.rows(f"count_{wanted.scope}", **parameters)
    rows = reader.rows(
        f"list_{wanted.scope}",
        **parameters,
        before=None if oldest_first else cursor,
        after=cursor if oldest_first else None,
        oldest_first=int(oldest_first),
        limit=limit + 1,
    )
    items = tuple(job_of(row) for row in rows[:limit])
    return JobPage(items, total, items[-1].id if len(rows) > limit else None)


def running(reader: Reader, run_id: int, limit: int) -> tuple[Job, ...]:
    return tuple(job_of(row) for row in reader.rows("running_jobs", root_id=run_id, limit=limit))


def progress(reader: Reader, job_id: int) -> ParentProgress:
    rows = reader.rows("get_progress", job_id=job_id)
    if not rows:
        raise NotFoundError(f"job {job_id} has no children")
    [row] = rows
    plan_closed, slots, max_documents = row[10:]
    return ParentProgress(progress_of(row), document_counts_of(row), bool(plan_closed), slots, max_documents)


def errors(reader: Reader, parent_id: int) -> tuple[ErrorGroup, ...]:
    return tuple(
        ErrorGroup(code, count, job(reader, example))
        for code, count, example in reader.rows("error_groups", parent_id=parent_id)
    )


def run(reader: Reader, run_id: int) -> RunInfo:
    rows = reader.rows("get_run", job_id=run_id)
    if not rows:
        raise NotFoundError(f"there is no run {run_id}", remedy="See: quaero jobs list --root")
    [(_, snapshot, deadline, last_event)] = rows
    try:
        definition = JobDefinition.from_json(from_json(snapshot))
    except (KeyError, TypeError, ValueError) as error:
        raise DefinitionError(
            f"the definition of this run cannot be read ({error!r})",
            where=f"run {run_id}",
            remedy="Start it anew",
        ) from error
    return RunInfo(definition, deadline, last_event)


def open_run(reader: Reader, definition_id: str) -> int | None:
    rows = reader.rows("open_run_of_definition", definition_id=definition_id)
    return rows[0][0] if rows else None


def events(reader: Reader, root_id: int, after: int, limit: int) -> tuple[Recorded, ...]:
    return tuple(
        recorded_of(row) for row in reader.rows("events_after", root_id=root_id, after=after, limit=limit)
    )


def log(
    reader: Reader, job_id: int, levels: Sequence[LogLevel] | None, after: int, limit: int
) -> tuple[StoredLine, ...]:
    job(reader, job_id)
    rows = reader.rows(
        "log_lines",
        job_id=job_id,
        levels=None if levels is None else to_json(levels),
        after=after,
        limit=limit,
    )
    return tuple(
        StoredLine(i, job_id, n, at, LogLevel(level), text) for i, job_id, n, at, level, text in rows
    )


def document(reader: Reader, document_id: int) -> Document:
    rows = reader.rows("get_document", id=document_id)
    if not rows:
        raise NotFoundError(f"there is no document {document_id}", remedy="See: quaero documents list")
    return document_of(rows[0])


def document_by_url(reader: Reader, url: str) -> Document:
    rows = reader.rows("document_by_url", url=url)
    if not rows:
        raise NotFoundError(f"there is no document of {url}", remedy="See: quaero documents list")
    return document(reader, rows[0][0])


def documents(reader: Reader, wanted: DocumentFilter, limit: int, cursor: int | None) -> DocumentPage:
    parameters = msgspec.structs.asdict(wanted)
    [(total,)] = reader.rows("count_documents", **parameters)
    rows = reader.rows("list_documents", **parameters, after=cursor, limit=limit + 1)
    items = tuple(document_of(row) for row in rows[:limit])
    return DocumentPage(items, total, items[-1].id if len(rows) > limit else None)


def document_stats(reader: Reader) -> tuple[SourceStats, ...]:
    return tuple(SourceStats(*row) for row in reader.rows("document_stats"))


def tags(reader: Reader) -> dict[str, int]:
    """Tags with the number of documents that carry them, the commonest first."""
    return dict(reader.rows("tag_counts"))


def definition(reader: Reader, definition_id: str) -> StoredDefinition:
    rows = reader.rows("get_definition", id=definition_id)
    if not rows:
        raise NotFoundError(
            f"there is no definition {definition_id!r}", remedy="See: quaero definitions list"
        )
    return _stored_definition(*rows[0])


def definitions(reader: Reader, origin: str | None) -> tuple[StoredDefinition, ...]:
    return tuple(_stored_definition(*row[1:]) for row in reader.rows("list_definitions", origin=origin))


def _stored_definition(
    body: str, source: str, origin: str, created_at: int, updated_at: int
) -> StoredDefinition:
    return StoredDefinition(JobDefinition.from_json(from_json(body)), source, origin, created_at, updated_at)
