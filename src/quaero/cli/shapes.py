"""The JSON that programs get: one function for each kind of thing."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from quaero.cli.text import iso_time

if TYPE_CHECKING:
    from quaero.jobs.summary import RunSummary, StepSummary
    from quaero.models.document import Document, SearchHit
    from quaero.models.job import Job
    from quaero.models.progress import Progress
    from quaero.store.reads import ErrorGroup, StoredDefinition, StoredLine

Json = dict[str, object]


def listing(items: Iterable[Json], total: int | None, next_cursor: int | str | None) -> Json:
    return {"items": list(items), "total": total, "next_cursor": _id(next_cursor)}


def job_json(job: "Job", children: "Progress | None" = None) -> Json:
    """A job; `children` are the counts of a run's or parent job's children."""
    shape: Json = {
        "id": str(job.id),
        "parent_id": _id(job.parent_id),
        "root_id": str(job.root_id),
        "type": job.type,
        "name": job.name,
        "status": str(job.state),
        "depth": job.depth,
        "created_at": iso_time(job.created_at),
        "started_at": iso_time(job.started_at),
        "finished_at": iso_time(job.finished_at),
        "attempt": job.attempt,
        "error": job.error,
    }
    if children is not None:
        shape["children"] = children_json(children)
    return shape


def children_json(counts: "Progress") -> Json:
    return {
        "total": counts.total,
        "pending": counts.pending,
        "running": counts.running,
        "completed": counts.completed,
        "failed": counts.failed,
        "cancelled": counts.cancelled,
    }


def document_json(document: "Document") -> Json:
    """A document without its Markdown."""
    return {
        "id": str(document.id),
        "url": document.url,
        "canonical_url": document.canonical_url,
        "title": document.title,
        "source_type": document.source_type,
        "tags": list(document.tags),
        "content_hash": document.content_hash,
        "created_at": iso_time(document.created_at),
        "updated_at": iso_time(document.updated_at),
        "metadata": dict(document.metadata),
    }


def hit_json(hit: "SearchHit") -> Json:
    return document_json(hit.document) | {"score": hit.score, "snippet": hit.snippet}


def definition_json(stored: "StoredDefinition") -> Json:
    definition = stored.definition
    return {
        "id": definition.id,
        "name": definition.name,
        "description": definition.description,
        "origin": stored.origin,
        "enabled": definition.enabled,
        "tags": list(definition.tags),
        "schedule": definition.schedule,
        "steps": [{"name": step.name, "action": step.action} for step in definition.steps],
        "created_at": iso_time(stored.created_at or None),
        "updated_at": iso_time(stored.updated_at or None),
    }


def line_json(line: "StoredLine") -> Json:
    return {
        "id": str(line.id),
        "job_id": str(line.job_id),
        "at": iso_time(line.at),
        "level": str(line.level),
        "message": line.message,
    }


def run_json(summary: "RunSummary", now_ms: int) -> Json:
    """What `run` and `crawl` end with."""
    return {
        "job_id": str(summary.job.id),
        "status": str(summary.job.state),
        "duration_seconds": round(summary.duration_seconds(now_ms), 3),
        "steps": [_step_json(step) for step in summary.steps],
        "documents": {
            "created": summary.documents.created,
            "updated": summary.documents.updated,
            "unchanged": summary.documents.unchanged,
        },
        "errors": [_error_json(step, group) for step in summary.steps for group in step.errors],
    }


def _step_json(step: "StepSummary") -> Json:
    counts = step.progress.counts
    children = {
        "total": counts.total,
        "completed": counts.completed,
        "failed": counts.failed,
        "cancelled": counts.cancelled,
    }
    return {
        "name": step.job.name,
        "action": step.job.type,
        "status": str(step.job.state),
        "children": children,
    }


def _error_json(step: "StepSummary", group: "ErrorGroup") -> Json:
    example = {"job_id": str(group.example.id), "name": group.example.name, "error": group.example.error}
    return {"step": step.job.name, "code": group.code, "count": group.count, "example": example}


def _id(value: int | str | None) -> str | None:
    return None if value is None else str(value)
