"""The JSON that programs get: one function for each kind of thing."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from quaero.models.job import AT_ONCE
from quaero.models.moment import iso_time

if TYPE_CHECKING:
    from quaero.jobs.spending import ModelUsage
    from quaero.jobs.summary import RunSummary, StepSummary
    from quaero.models.document import Document, Result, SearchHit
    from quaero.models.event import Recorded
    from quaero.models.progress import Progress
    from quaero.store.reads import (
        DefinitionVersion,
        ErrorGroup,
        Process,
        StoredDefinition,
        StoredLine,
        Variable,
    )
    from quaero.store.transitions.credentials import StoredCredential
    from quaero.store.transitions.definitions import Kept
    from quaero.store.transitions.gates import Gate
    from quaero.views.job_view import JobView

Json = dict[str, object]


def listing(items: Iterable[Json], total: int | None, next_cursor: int | str | None) -> Json:
    return {"items": list(items), "total": total, "next_cursor": _id(next_cursor)}


def job_json(view: "JobView") -> Json:
    """A job; runs and parent jobs with the counts of their children."""
    job = view.job
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
        "run_at": iso_time(job.run_at if job.run_at > AT_ONCE else None),
        "priority": job.priority,
        "host": job.host,
        "worker": None if view.worker is None else _worker_json(view.worker),
    }
    if view.standing is not None:
        shape["children"] = children_json(view.standing.counts)
        shape["progress_text"] = view.standing.counts.text
        shape["rate"] = _rounded(view.standing.rate)
        shape["estimate_seconds"] = _rounded(view.standing.estimate_seconds)
    if view.launch is not None:
        shape["launched_by"] = view.launch.launched_by
        shape["origin_id"] = _id(view.launch.origin_id)
        shape["paused_at"] = iso_time(view.launch.paused_at)
    return shape


def process_json(process: "Process") -> Json:
    return _worker_json(process) | {
        "types": list(process.types),
        "run_id": _id(process.root_id),
        "concurrency": process.concurrency,
        "running": process.running,
        "started_at": iso_time(process.started_at),
        "seen_at": iso_time(process.seen_at),
    }


def _worker_json(process: "Process") -> Json:
    """Which process it is."""
    return {
        "id": process.owner,
        "role": process.role,
        "host": process.host,
        "pid": process.pid,
        "version": process.version,
    }


def gate_json(gate: "Gate") -> Json:
    return {
        "scope": gate.scope,
        "key": gate.key or None,
        "paused": gate.paused,
        "concurrency": gate.concurrency,
    }


def event_json(event: "Recorded") -> Json:
    data = {key: value for key, value in event.data.items() if key not in ("root_id", "job_id")}
    return {
        "number": event.number,
        "run_id": str(event.root_id),
        "job_id": str(event.job_id),
        "at": iso_time(event.at),
        "type": event.type,
        "data": data,
    }


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
    """A document without its Markdown. What agents found in it is in its metadata, by agent."""
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
        "metadata": dict(document.metadata) | _found(document),
    }


def _found(document: "Document") -> Json:
    if not document.results:
        return {}
    return {"agents": {result.agent: _result_json(result) for result in document.results}}


def _result_json(result: "Result") -> Json:
    """What an agent answered, with what it was made by and when; `outdated`: the document has changed since."""
    return {
        **result.value,
        "model": result.model,
        "version": result.version,
        "at": iso_time(result.at),
        "outdated": result.outdated,
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
        "edited": stored.edited,
        "version": stored.version,
        "tags": list(definition.tags),
        "schedule": definition.schedule,
        "steps": [{"name": step.name, "action": step.action} for step in definition.steps],
        "created_at": iso_time(stored.created_at or None),
        "updated_at": iso_time(stored.updated_at or None),
    }


def version_json(version: "DefinitionVersion") -> Json:
    return {"version": version.number, "at": iso_time(version.at), "change": version.change}


def kept_json(kept: "Kept") -> Json:
    return {"id": kept.definition_id, "change": kept.change, "version": kept.version}


def variable_json(variable: "Variable") -> Json:
    return {"name": variable.name, "value": variable.value, "updated_at": iso_time(variable.updated_at)}


def credential_json(stored: "StoredCredential") -> Json:
    """Credentials without what they are."""
    return {
        "name": stored.name,
        "kind": stored.sealed.kind,
        "hosts": list(stored.sealed.hosts),
        "key_id": stored.sealed.key_id,
        "created_at": iso_time(stored.created_at),
        "updated_at": iso_time(stored.updated_at),
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
    shape: Json = {
        "name": step.job.name,
        "action": step.job.type,
        "status": str(step.job.state),
        "children": children,
    }
    return shape if step.usage is None else shape | {"model_usage": usage_json(step.usage)}


def usage_json(usage: "ModelUsage") -> Json:
    """What was spent on language models; `cost` in dollars."""
    return {"tokens": usage.tokens, "cost": usage.cost}


def _error_json(step: "StepSummary", group: "ErrorGroup") -> Json:
    example = {"job_id": str(group.example.id), "name": group.example.name, "error": group.example.error}
    return {"step": step.job.name, "code": group.code, "count": group.count, "example": example}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _id(value: int | str | None) -> str | None:
    return None if value is None else str(value)
