"""What the execution of a job hands back, before anything of it is recorded."""

from enum import StrEnum

import msgspec

from quaero.models.document import NewDocument, NewResult
from quaero.models.job import ChildJob


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogLine(msgspec.Struct, frozen=True):
    """One line of a job's log. `at` is milliseconds since 1970."""

    at: int
    level: LogLevel
    message: str


class Outcome(msgspec.Struct, frozen=True):
    """A success. `note` says in a few words what came of it when that is not a document.

    `claims` are further names of the same work (where a redirect or a canonical link led): if another job of the
    parent already has one of them, this job is a duplicate, and its documents and children are dropped. `results` are
    what was found in documents that are stored already.
    """

    documents: tuple[NewDocument, ...] = ()
    claims: tuple[str, ...] = ()
    note: str = ""
    results: tuple[NewResult, ...] = ()


class End(StrEnum):
    """How an execution ended, from the queue's point of view."""

    COMPLETED = "completed"
    FAILED = "failed"
    RETRY = "retry"
    RELEASED = (
        "released"  # not executed, or stopped by a shutdown: back to the queue without counting as an attempt
    )


class Settlement(msgspec.Struct, frozen=True):
    """The end of one execution with all that it causes; recorded in one transaction or not at all.

    `delay_ms` is the wait before the next attempt when `end` is RETRY.
    """

    job_id: int
    lease_number: int
    end: End
    documents: tuple[NewDocument, ...] = ()
    children: tuple[ChildJob, ...] = ()
    claims: tuple[str, ...] = ()
    results: tuple[NewResult, ...] = ()
    log: tuple[LogLine, ...] = ()
    note: str = ""
    error_code: str | None = None
    error: str | None = None
    delay_ms: int = 0
