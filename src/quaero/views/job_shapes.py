"""The JSON of jobs: what a list, the tree of a run and the end of a run show of them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NotRequired

from typing_extensions import TypedDict

from quaero.models.bulk import Operation
from quaero.models.job import AT_ONCE, Job, JobKind, JobState
from quaero.models.moment import iso_time
from quaero.models.outcome import LogLevel
from quaero.views.system_shapes import WhoShape, who_json

if TYPE_CHECKING:
    from quaero.jobs.spending import ModelUsage
    from quaero.jobs.summary import RunSummary, StepSummary
    from quaero.models.progress import Progress
    from quaero.store.reads import ErrorGroup, Preview, StoredLine
    from quaero.views.job_view import JobView


class ChildrenShape(TypedDict):
    """How many child jobs there are in which state; those that wait count as pending."""

    total: int
    pending: int
    running: int
    completed: int
    failed: int
    cancelled: int


class JobShape(TypedDict):
    """A job. Runs and parent jobs have `children` to `estimate_seconds`, runs also what comes after these.

    `rate`: ended children a second, lately. `estimate_seconds`: how long those known now will take. `run_at`: the time
    that the job waits for. `host`: the server that it burdens. `launched_by`: person, schedule, auto_start, rerun,
    pre_job or post_job; `origin_id`: the run that it repeats or serves.
    """

    id: str
    parent_id: str | None
    root_id: str
    type: str
    name: str
    status: JobState
    depth: int
    created_at: str | None
    started_at: str | None
    finished_at: str | None
    attempt: int
    error: str | None
    run_at: str | None
    priority: int
    host: str | None
    worker: WhoShape | None
    children: NotRequired[ChildrenShape]
    progress_text: NotRequired[str]
    rate: NotRequired[float | None]
    estimate_seconds: NotRequired[float | None]
    launched_by: NotRequired[str]
    origin_id: NotRequired[str | None]
    paused_at: NotRequired[str | None]


class UsageShape(TypedDict):
    """What was spent on language models; `cost` in dollars."""

    tokens: int
    cost: float


class SpentShape(TypedDict):
    """What a step has spent, if it has."""

    model_usage: NotRequired[UsageShape]


class JobDetailsShape(JobShape, SpentShape):
    """A job with what it was given, and hints on what holds it back."""

    note: str | None
    config: dict[str, Any]
    hints: list[str]


class StepShape(JobShape):
    """A step of a run with its first child jobs."""

    jobs: list[JobShape]


class TreeShape(JobShape):
    """A run with its steps, and hints on what holds it back."""

    steps: list[StepShape]
    hints: list[str]


class BriefJobShape(TypedDict):
    """Which job it is."""

    id: str
    root_id: str
    kind: JobKind
    type: str
    name: str
    status: JobState


class PreviewShape(TypedDict):
    """How many jobs an operation would be done to, and the first of them."""

    operation: Operation
    total: int
    jobs: list[BriefJobShape]


class LineShape(TypedDict):
    """A line of a log."""

    id: str
    job_id: str
    at: str | None
    level: LogLevel
    message: str


class FailedJobShape(TypedDict):
    """A job that failed."""

    job_id: str
    name: str
    error: str | None


class ErrorShape(TypedDict):
    """Jobs of a step that failed with the same code: how many, and the first of them."""

    step: str
    code: str
    count: int
    example: FailedJobShape


class EndedChildrenShape(TypedDict):
    """How many child jobs ended how."""

    total: int
    completed: int
    failed: int
    cancelled: int


class EndedStepShape(TypedDict):
    """How a step ended."""

    name: str
    action: str
    status: JobState
    children: EndedChildrenShape
    model_usage: NotRequired[UsageShape]


class DocumentCountsShape(TypedDict):
    """What a run did to documents."""

    created: int
    updated: int
    unchanged: int


class RunShape(TypedDict):
    """What `run` and `crawl` end with; `before`, `after`: the runs that were launched with it, if there are any."""

    job_id: str
    status: JobState
    duration_seconds: float
    steps: list[EndedStepShape]
    documents: DocumentCountsShape
    errors: list[ErrorShape]
    before: NotRequired[list["RunShape"]]
    after: NotRequired[list["RunShape"]]


def job_json(view: "JobView") -> JobShape:
    """A job; runs and parent jobs with the counts of their children."""
    job = view.job
    shape: JobShape = {
        "id": str(job.id),
        "parent_id": optional_id(job.parent_id),
        "root_id": str(job.root_id),
        "type": job.type,
        "name": job.name,
        "status": job.state,
        "depth": job.depth,
        "created_at": iso_time(job.created_at),
        "started_at": iso_time(job.started_at),
        "finished_at": iso_time(job.finished_at),
        "attempt": job.attempt,
        "error": job.error,
        "run_at": iso_time(job.run_at if job.run_at > AT_ONCE else None),
        "priority": job.priority,
        "host": job.host,
        "worker": None if view.worker is None else who_json(view.worker),
    }
    if view.standing is not None:
        shape["children"] = children_json(view.standing.counts)
        shape["progress_text"] = view.standing.counts.text
        shape["rate"] = _rounded(view.standing.rate)
        shape["estimate_seconds"] = _rounded(view.standing.estimate_seconds)
    if view.launch is not None:
        shape["launched_by"] = view.launch.launched_by
        shape["origin_id"] = optional_id(view.launch.origin_id)
        shape["paused_at"] = iso_time(view.launch.paused_at)
    return shape


def details_json(view: "JobView", usage: "ModelUsage | None", hints: Iterable[str]) -> JobDetailsShape:
    spent: SpentShape = {} if usage is None else {"model_usage": usage_json(usage)}
    return {
        **job_json(view),
        "note": view.job.note,
        "config": dict(view.job.config),
        **spent,
        "hints": list(hints),
    }


def brief_json(job: Job) -> BriefJobShape:
    return {
        "id": str(job.id),
        "root_id": str(job.root_id),
        "kind": job.kind,
        "type": job.type,
        "name": job.name,
        "status": job.state,
    }


def children_json(counts: "Progress") -> ChildrenShape:
    return {
        "total": counts.total,
        "pending": counts.pending,
        "running": counts.running,
        "completed": counts.completed,
        "failed": counts.failed,
        "cancelled": counts.cancelled,
    }


def preview_json(operation: Operation, found: "Preview") -> PreviewShape:
    return {"operation": operation, "total": found.total, "jobs": [brief_json(job) for job in found.first]}


def line_json(line: "StoredLine") -> LineShape:
    return {
        "id": str(line.id),
        "job_id": str(line.job_id),
        "at": iso_time(line.at),
        "level": line.level,
        "message": line.message,
    }


def run_json(summary: "RunSummary", now_ms: int) -> RunShape:
    """What `run` and `crawl` end with."""
    return {
        "job_id": str(summary.job.id),
        "status": summary.job.state,
        "duration_seconds": round(summary.duration_seconds(now_ms), 3),
        "steps": [_step_json(step) for step in summary.steps],
        "documents": {
            "created": summary.documents.created,
            "updated": summary.documents.updated,
            "unchanged": summary.documents.unchanged,
        },
        "errors": [error_json(step.job, group) for step in summary.steps for group in step.errors],
    }


def usage_json(usage: "ModelUsage") -> UsageShape:
    return {"tokens": usage.tokens, "cost": usage.cost}


def error_json(step: Job, group: "ErrorGroup") -> ErrorShape:
    """A group of errors of a parent job."""
    return {
        "step": step.name,
        "code": group.code,
        "count": group.count,
        "example": {
            "job_id": str(group.example.id),
            "name": group.example.name,
            "error": group.example.error,
        },
    }


def optional_id(value: int | None) -> str | None:
    return None if value is None else str(value)


def _step_json(step: "StepSummary") -> EndedStepShape:
    counts = step.progress.counts
    shape: EndedStepShape = {
        "name": step.job.name,
        "action": step.job.type,
        "status": step.job.state,
        "children": {
            "total": counts.total,
            "completed": counts.completed,
            "failed": counts.failed,
            "cancelled": counts.cancelled,
        },
    }
    if step.usage is not None:
        shape["model_usage"] = usage_json(step.usage)
    return shape


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
