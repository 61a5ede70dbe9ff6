"""What becomes of an execution that did not succeed: another try after a wait, or a failure for good."""

import math
import random
from collections.abc import Iterable

from quaero.jobs.worker import storable
from quaero.models.definition import JobStep
from quaero.models.errors import JobFailure, QuaeroError
from quaero.models.job import Job
from quaero.models.outcome import End, LogLevel, LogLine, Settlement

UNSTORABLE = "unstorable_result"
LONGEST_WAIT_SECONDS = 10**9
LONGEST_ERROR = 2_000
"""Characters of an error's line that are kept."""


def as_failure(error: BaseException) -> JobFailure:
    """Any error of a worker or manager as a failure; one that nobody expected may pass with time."""
    if isinstance(error, JobFailure):
        return error
    if isinstance(error, QuaeroError):
        return JobFailure(error.line(), code=error.code)
    return JobFailure(f"{type(error).__name__}: {error}", code="internal_error", retryable=True)


def settlement_of(
    job: Job, step: JobStep, failure: JobFailure, lines: Iterable[LogLine], now_ms: int
) -> Settlement:
    """Try again by the step's policy, or fail for good. A wait that the other side asked for is never cut short."""
    tries = job.attempt - job.lost_leases
    retry = (failure.retryable or step.on_error == "retry") and tries < step.retry.max_attempts
    delay = step.retry.delay_ms(tries, random.random()) if retry else 0  # noqa: S311 - jitter
    asked = failure.retry_after or 0.0
    asked_ms = math.ceil(min(asked, LONGEST_WAIT_SECONDS) * 1000) if asked > 0 else 0
    text = storable(failure.line())[:LONGEST_ERROR]
    if asked_ms > max(step.retry.max_backoff_ms, delay):
        retry, text = False, f"{text} (asked to wait {asked_ms // 1000} s, longer than max_backoff)"
    delay = max(delay, asked_ms) if retry else 0
    told = (
        LogLine(now_ms, LogLevel.WARNING, f"attempt {tries}: {text}; again in {delay / 1000:.1f} s")
        if retry
        else LogLine(now_ms, LogLevel.ERROR, text)
    )
    return Settlement(
        job.id,
        job.lease_number,
        End.RETRY if retry else End.FAILED,
        log=(*lines, told),
        error_code=failure.code,
        error=text,
        delay_ms=delay,
    )


def unstorable(settlement: Settlement, error: Exception) -> Settlement:
    text = f"its result cannot be stored ({type(error).__name__}: {error})"
    return Settlement(
        settlement.job_id, settlement.lease_number, End.FAILED, error_code=UNSTORABLE, error=storable(text)
    )
