"""Events: numbered, typed records of a change. One class per type; the class is the type.

Structs of msgspec because a busy store makes tens of thousands of them a second.
"""

from typing import Any, ClassVar

import msgspec


class Event(msgspec.Struct, frozen=True):
    """Base of all events. `job_id` is the job that it is about, `root_id` its run."""

    type: ClassVar[str] = ""
    root_id: int
    job_id: int


class JobCreated(Event, frozen=True):
    """A run or one of its parent jobs exists."""

    type: ClassVar[str] = "job_created"
    kind: str
    name: str
    state: str


class JobSpawned(Event, frozen=True):
    """A child job exists. `discovered_by` is None when the manager planned it."""

    type: ClassVar[str] = "job_spawn"
    parent_id: int
    name: str
    depth: int
    discovered_by: int | None


class JobStatusChange(Event, frozen=True):
    """A job moved. `reason` says why when the move is not the plain course of things."""

    type: ClassVar[str] = "job_status_change"
    parent_id: int | None
    before: str
    after: str
    reason: str = ""


class ParentJobProgress(Event, frozen=True):
    """Where a parent job stands; `progress_text` is the line for people.

    `rate`: ended children per second, lately. `estimate_seconds`: until the children known now have ended.
    """

    type: ClassVar[str] = "parent_job_progress"
    total: int
    pending: int
    running: int
    completed: int
    failed: int
    cancelled: int
    documents: int
    progress_text: str
    rate: float | None
    estimate_seconds: float | None


class DocumentSaved(Event, frozen=True):
    """A document was stored for the first time."""

    type: ClassVar[str] = "document_saved"
    document_id: int
    url: str


class DocumentUpdated(DocumentSaved, frozen=True):
    """A stored document changed."""

    type: ClassVar[str] = "document_updated"


class RunEnded(Event, frozen=True):
    """Base of the last event of a run."""

    duration_ms: int
    error: str | None = None


class JobCompleted(RunEnded, frozen=True):
    type: ClassVar[str] = "job_completed"


class JobFailed(RunEnded, frozen=True):
    type: ClassVar[str] = "job_failed"


class JobCancelled(RunEnded, frozen=True):
    type: ClassVar[str] = "job_cancelled"


class Recorded(msgspec.Struct, frozen=True):
    """An event as read back. `number` counts within its run, from 1 without gap."""

    root_id: int
    number: int
    at: int
    type: str
    job_id: int
    data: dict[str, Any]
