"""Questions to the store, each answered from one snapshot."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress

import msgspec

from quaero.models.definition import JobDefinition
from quaero.models.document import Document
from quaero.models.errors import DefinitionError, EventsPrunedError, NotFoundError
from quaero.models.event import Recorded
from quaero.models.job import Job, JobKind, JobState
from quaero.models.outcome import LogLevel
from quaero.models.progress import DocumentCounts, Progress, estimate_seconds
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

MOST_LOOKED_AT = 1_000
"""Of each step, to tell which types of jobs are pending: enough to know, few enough to ask often."""
NO_ID = 2**63 - 1
"""Larger than the id of anything."""


class JobFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs: every field that is set must hold.

    `name_part` and `error_part` are texts that the name and the error contain, whatever the case of their letters.
    Times are milliseconds since 1970; a job of that very moment counts as after it. `up_to`: no larger ids.
    """

    root_id: int | None = None
    parent_id: int | None = None
    kind: JobKind | None = None
    states: tuple[JobState, ...] | None = None
    type: str | None = None
    definition_id: str | None = None
    host: str | None = None
    name_part: str | None = None
    error_part: str | None = None
    error_code: str | None = None
    created_before: int | None = None
    created_after: int | None = None
    finished_before: int | None = None
    finished_after: int | None = None
    up_to: int | None = None

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


class Lacking(msgspec.Struct, frozen=True):
    """Documents without a result of this agent by this maker for their present content.

    `run_id`: what this run has made does not count, so that its own work does not change what it selects.
    """

    agent: str
    maker: str
    run_id: int | None = None


class DocumentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which documents: every field that is set must hold.

    `tags`: all of them. `url_part` is text that the URL contains, `host` the server in it with its port, if it has one.
    `root_id`: the run that saw them last. Times are milliseconds since 1970; a document of
    that very moment counts as after it.
    """

    source_type: str | None = None
    tags: tuple[str, ...] = ()
    url_part: str | None = None
    created_after: int | None = None
    updated_after: int | None = None
    host: str | None = None
    root_id: int | None = None
    lacking: Lacking | None = None

    def parameters(self) -> dict[str, object]:
        lacking = self.lacking
        return {
            "source_type": self.source_type,
            "tags": to_json(self.tags) if self.tags else None,
            "url_part": self.url_part,
            "created_after": self.created_after,
            "updated_after": self.updated_after,
            "host": self.host,
            "root_id": self.root_id,
            "lacks_agent": None if lacking is None else lacking.agent,
            "lacks_maker": None if lacking is None else lacking.maker,
            "but_of_run": None if lacking is None else lacking.run_id,
        }


class LogFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which log lines of a job and of everything below it. `contains` is text as it stands in the message."""

    job_id: int
    levels: tuple[LogLevel, ...] | None = None
    contains: str = ""

    def parameters(self) -> dict[str, object]:
        levels = None if self.levels is None else to_json(self.levels)
        return {"job_id": self.job_id, "levels": levels, "contains": self.contains}


class JobPage(msgspec.Struct, frozen=True):
    """One page of a list: the jobs, how many there are in all, and the cursor of the next page."""

    items: tuple[Job, ...]
    total: int
    next_cursor: int | None


class Preview(msgspec.Struct, frozen=True):
    """How many jobs a filter matches, the first of them by id, and the id of the newest job of all (0: none)."""

    total: int
    first: tuple[Job, ...]
    newest_id: int


class DocumentPage(msgspec.Struct, frozen=True):
    """One page of a list: the documents, how many there are in all, and the cursor of the next page."""

    items: tuple[Document, ...]
    total: int
    next_cursor: int | None


class ParentProgress(msgspec.Struct, frozen=True):
    """Where a run or parent job stands. `slots` of `max_documents` are held when the step has such a limit.

    `rate`: ended children per second, when last measured. `estimate_seconds`: until the open children have ended, at
    that rate; None while it is not known how many there will be.
    """

    counts: Progress
    documents: DocumentCounts
    plan_closed: bool
    slots: int
    max_documents: int | None
    rate: float | None
    estimate_seconds: float | None


class ErrorGroup(msgspec.Struct, frozen=True):
    """Failed children with the same error code: how many, and the first of them."""

    code: str
    count: int
    example: Job


class RunInfo(msgspec.Struct, frozen=True):
    """What belongs to a run beside its job. `last_event` is the number of its newest event; those up to
    `pruned_events` are gone. `launched_by` and `origin_id`: see `LaunchOptions`.
    """

    definition: JobDefinition
    deadline: int | None
    last_event: int
    pruned_events: int
    launched_by: str
    origin_id: int | None
    paused_at: int | None


class Process(msgspec.Struct, frozen=True):
    """A process that executes jobs: a run in the foreground, a worker or a server. `seen_at`: its last sign of life.

    `root_id`: the only run that it works on; None: all.
    """

    owner: str
    role: str
    host: str
    pid: int
    version: str
    types: tuple[str, ...]
    root_id: int | None
    concurrency: int
    started_at: int
    seen_at: int
    running: int


class QueuedType(msgspec.Struct, frozen=True, kw_only=True):
    """The open jobs of one type: steps have their action as type. `oldest_at`: since when one could be claimed."""

    type: str
    pending: int = 0
    running: int = 0
    waiting: int = 0
    paused: int = 0
    oldest_at: int | None = None


class LaunchInfo(msgspec.Struct, frozen=True):
    """How a run came to be; see `LaunchOptions`. `paused_at`: since when it is paused."""

    definition_id: str
    launched_by: str
    origin_id: int | None
    paused_at: int | None


class StoredLine(msgspec.Struct, frozen=True):
    """A log line as stored; `id` orders the lines of all jobs."""

    id: int
    job_id: int
    number: int
    at: int
    level: LogLevel
    message: str


class StoredDefinition(msgspec.Struct, frozen=True):
    """A definition with the text that it was read from and where it came from: user, quick or system.

    `edited`: it is not what the last file said. `version` is the newest one; 0 for a system definition.
    """

    definition: JobDefinition
    source: str
    origin: str
    created_at: int
    updated_at: int
    edited: bool = False
    version: int = 0


class DefinitionVersion(msgspec.Struct, frozen=True):
    """What a definition was after a change: created, imported, edited, enabled, disabled, or before it was deleted."""

    number: int
    at: int
    change: str
    definition: JobDefinition
    source: str


class Variable(msgspec.Struct, frozen=True):
    """A value for the placeholder `{name}`; the name in small letters."""

    name: str
    value: str
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


def job_states(reader: Reader, wanted: JobFilter, after: int, limit: int) -> list[tuple[int, JobState]]:
    """Ids above `after` with their states, smallest first."""
    rows = reader.rows(f"select_{wanted.scope}", **wanted.parameters(), after=after, limit=limit)
    return [(job_id, JobState(state)) for job_id, state in rows]


def preview(reader: Reader, wanted: JobFilter, limit: int) -> Preview:
    parameters = wanted.parameters()
    [(total,)] = reader.rows(f"count_{wanted.scope}", **parameters)
    first = reader.rows(f"select_{wanted.scope}", **parameters, after=0, limit=limit)
    [(newest,)] = reader.rows("newest_job")
    return Preview(total, tuple(job(reader, job_id) for job_id, _ in first), newest)


def running(reader: Reader, run_id: int, limit: int) -> tuple[Job, ...]:
    return tuple(job_of(row) for row in reader.rows("running_jobs", root_id=run_id, limit=limit))


def progress(reader: Reader, job_id: int) -> ParentProgress:
    rows = reader.rows("get_progress", job_id=job_id)
    if not rows:
        raise NotFoundError(f"job {job_id} has no children")
    [row] = rows
    counts, plan_closed, slots, max_documents, rate = progress_of(row), bool(row[10]), *row[11:14]
    estimate = estimate_seconds(counts, rate, plan_closed=plan_closed)
    return ParentProgress(counts, document_counts_of(row), plan_closed, slots, max_documents, rate, estimate)


def errors(reader: Reader, parent_id: int) -> tuple[ErrorGroup, ...]:
    return tuple(
        ErrorGroup(code, count, job(reader, example))
        for code, count, example in reader.rows("error_groups", parent_id=parent_id)
    )


def run(reader: Reader, run_id: int) -> RunInfo:
    rows = reader.rows("get_run", job_id=run_id)
    if not rows:
        raise NotFoundError(f"there is no run {run_id}", remedy="See: quaero jobs list --root")
    [(snapshot, *rest)] = rows
    try:
        definition = JobDefinition.from_json(from_json(snapshot))
    except (KeyError, TypeError, ValueError) as error:
        raise DefinitionError(
            f"the definition of this run cannot be read ({error!r})",
            where=f"run {run_id}",
            remedy="Start it anew",
        ) from error
    return RunInfo(definition, *rest)


def chain(reader: Reader, run_id: int) -> tuple[int, ...]:
    """The runs that were launched together with this one, in the order in which they run."""
    before: defaultdict[int, list[int]] = defaultdict(list)
    after: defaultdict[int, list[int]] = defaultdict(list)
    rows = reader.rows("launch_tree", run_id=run_id)
    for job_id, origin_id, launched_by in rows:
        if origin_id is not None:
            (before if launched_by == "pre_job" else after)[origin_id].append(job_id)

    def in_order(job_id: int) -> Iterator[int]:
        for each in before[job_id]:
            yield from in_order(each)
        yield job_id
        for each in after[job_id]:
            yield from in_order(each)

    return tuple(in_order(rows[0][0])) if rows else ()


def launches(reader: Reader, run_ids: Sequence[int]) -> dict[int, LaunchInfo]:
    return {row[0]: LaunchInfo(*row[1:]) for row in reader.rows("launches", ids=to_json(run_ids))}


def pending_types(reader: Reader, run_id: int) -> tuple[str, ...]:
    """The types among the jobs of a run that are next to be claimed."""
    rows = reader.rows("pending_types", root_id=run_id, of_each=MOST_LOOKED_AT)
    return tuple(sorted(type_ for (type_,) in rows))


def last_runs(reader: Reader) -> dict[str, Job]:
    """The newest run of each definition that has one, by the definition's id."""
    return {run.type: run for run in map(job_of, reader.rows("last_runs"))}


def held_jobs(reader: Reader, limit: int) -> tuple[Job, ...]:
    """Jobs that some process has in its hands."""
    return tuple(job_of(row) for row in reader.rows("held_jobs", limit=limit))


def processes(reader: Reader) -> tuple[Process, ...]:
    found = []
    for owner, role, host, pid, version, types, *rest in reader.rows("list_processes"):
        found.append(Process(owner, role, host, pid, version, tuple(from_json(types)), *rest))
    return tuple(found)


def open_run(reader: Reader, definition_id: str) -> int | None:
    rows = reader.rows("open_run_of_definition", definition_id=definition_id)
    return rows[0][0] if rows else None


def events(reader: Reader, root_id: int, after: int, limit: int) -> tuple[Recorded, ...]:
    for (pruned,) in reader.rows("pruned_events", root_id=root_id):
        if after < pruned:
            raise EventsPrunedError(root_id, first=pruned + 1)
    return tuple(
        recorded_of(row) for row in reader.rows("events_after", root_id=root_id, after=after, limit=limit)
    )


def log(
    reader: Reader, wanted: LogFilter, after: int, before: int | None, limit: int, newest: bool
) -> tuple[StoredLine, ...]:
    found = job(reader, wanted.job_id)
    parameters = wanted.parameters()
    if after and before is None and not newest and found.kind is not JobKind.CHILD:
        rows = reader.rows("log_lines_after", **parameters, after=after, limit=limit)
    else:
        direction = -1 if newest else 1
        before = NO_ID if before is None else before
        rows = reader.rows(
            "log_lines", **parameters, after=after, before=before, limit=limit, direction=direction
        )
    lines = [StoredLine(i, job_id, n, at, LogLevel(level), text) for i, job_id, n, at, level, text in rows]
    return tuple(reversed(lines) if newest else lines)


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
    [(total,)] = reader.rows("count_documents", **wanted.parameters())
    items = matching_documents(reader, wanted, limit + 1, cursor)
    return DocumentPage(items[:limit], total, items[limit - 1].id if len(items) > limit else None)


def matching_documents(
    reader: Reader, wanted: DocumentFilter, limit: int, after: int | None
) -> tuple[Document, ...]:
    """Documents with ids above `after`, in the order of their ids."""
    rows = reader.rows("list_documents", **wanted.parameters(), after=after, limit=limit)
    return tuple(document_of(row) for row in rows)


def document_source(reader: Reader, document_id: int) -> tuple[str, bytes] | None:
    """The media type and the compressed bytes of the original; None: it was not kept."""
    rows = reader.rows("get_source", document_id=document_id)
    return (rows[0][0], bytes(rows[0][1])) if rows else None


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
    """Those that can be read; of the others `definition` says what is wrong."""
    found = []
    for row in reader.rows("list_definitions", origin=origin):
        with suppress(DefinitionError):
            found.append(_stored_definition(*row[1:]))
    return tuple(found)


def _stored_definition(
    body: str, source: str, origin: str, created_at: int, updated_at: int, edited: int, version: int
) -> StoredDefinition:
    try:
        definition = JobDefinition.from_json(from_json(body))
    except (KeyError, TypeError, ValueError) as error:
        raise DefinitionError(
            f"a stored definition cannot be read ({error!r})", remedy="Import it again from its file"
        ) from error
    return StoredDefinition(definition, source, origin, created_at, updated_at, bool(edited), version)


def definition_versions(
    reader: Reader, definition_id: str, number: int | None
) -> tuple[DefinitionVersion, ...]:
    """All versions of a definition, or the one of that number; also of a definition that was deleted."""
    rows = reader.rows("list_definition_versions", definition_id=definition_id, number=number)
    if not rows:
        what = "there is no definition" if number is None else f"there is no version {number} of definition"
        remedy = "list" if number is None else f"history {definition_id}"
        raise NotFoundError(f"{what} {definition_id!r}", remedy=f"See: quaero definitions {remedy}")
    return tuple(
        DefinitionVersion(n, at, change, JobDefinition.from_json(from_json(body)), source)
        for n, at, change, body, source in rows
    )


def variables(reader: Reader, name: str | None) -> tuple[Variable, ...]:
    """All variables by name, or the one of that name."""
    return tuple(Variable(*row) for row in reader.rows("list_variables", name=name))


def queued(reader: Reader, now: int) -> tuple[QueuedType, ...]:
    """What is open, by type; runs themselves are left out."""
    found: dict[str, dict[str, int | None]] = defaultdict(dict)
    for type_, state, count, oldest_at in reader.rows("queue_by_type", now=now):
        found[type_][state] = count
        if oldest_at is not None:
            found[type_]["oldest_at"] = oldest_at
    return tuple(msgspec.convert({"type": type_, **found[type_]}, QueuedType) for type_ in sorted(found))
