"""Rows of the database as the values that the rest of the program knows."""

from collections.abc import Iterator
from typing import Any

import msgspec

from quaero.models.document import Document, Result
from quaero.models.event import Recorded
from quaero.models.job import Job, JobKind, JobState
from quaero.models.progress import DocumentCounts, EndRule, Progress
from quaero.store.transaction import Row

_decode = msgspec.json.decode
_KINDS = {str(kind): kind for kind in JobKind}
_STATES = {str(state): state for state in JobState}


def to_json(value: Any) -> str:
    """Compact JSON of plain values."""
    return msgspec.json.encode(value).decode()


def from_json(text: str) -> Any:
    """The plain value of a JSON text that the store wrote."""
    return _decode(text)


def job_of(row: Row) -> Job:
    """A row with the columns of `get_job`."""
    job_id, root_id, parent_id, kind, type_, name, state, config, *rest = row
    return Job(job_id, root_id, parent_id, _KINDS[kind], type_, name, _STATES[state], _decode(config), *rest)


def progress_of(row: Row) -> Progress:
    """The first seven columns of `get_progress`."""
    total, pending, running, completed, failed, cancelled, skipped = row[:7]
    return Progress(total, pending, running, completed, failed, cancelled, skipped)


def end_rule_of(row: Row) -> EndRule:
    """The last three columns of `get_progress`."""
    return EndRule(*row[16:19])


def document_counts_of(row: Row) -> DocumentCounts:
    """Columns eight to ten of `get_progress`."""
    return DocumentCounts(*row[7:10])


def document_of(row: Row) -> Document:
    """A row with the columns of `list_documents`, or of `get_document` with the Markdown last."""
    (
        id_,
        source_type,
        url,
        canonical_url,
        title,
        content_hash,
        tags,
        metadata,
        created_at,
        updated_at,
        results,
        *rest,
    ) = row
    return Document(
        id_,
        source_type,
        url,
        canonical_url,
        title,
        content_hash,
        tuple(sorted(_decode(tags))),
        _decode(metadata),
        created_at,
        updated_at,
        () if results is None else tuple(_results_of(_decode(results), content_hash)),
        rest[0] if rest else None,
    )


def _results_of(stored: dict[str, dict[str, Any]], content_hash: str) -> Iterator[Result]:
    for agent, found in sorted(stored.items()):
        outdated = found["content_hash"] != content_hash
        yield Result(agent, found["version"], found["model"], found["at"], outdated, found["value"])


def recorded_of(row: Row) -> Recorded:
    """A row with the columns of `events_after`."""
    root_id, number, at, type_, job_id, data = row
    return Recorded(root_id, number, at, type_, job_id, _decode(data))
