"""What became of the URL that a child job was about."""

from collections.abc import Sequence

import msgspec
from typing_extensions import TypedDict

from quaero.models.job import Job, JobState
from quaero.store.job_reads import SavedBy
from quaero.store.store import Store

SAME_PAGE = "the same page as"
"""How the note of a duplicate begins."""


class FateShape(TypedDict):
    """What became of a URL.

    `fate`: stored, changed, unchanged, duplicate, left out, done, failed, or the state of a job that is still open.
    """

    job_id: str
    url: str
    fate: str
    cause: str
    error_code: str | None
    depth: int
    document_id: str | None


class Fate(msgspec.Struct, frozen=True):
    """In a word and with the cause. `document_id`: of the document that no later run has seen again."""

    job: Job
    url: str
    word: str
    cause: str
    document_id: int | None


async def fates_of(store: Store, run_id: int, jobs: Sequence[Job]) -> list[Fate]:
    """Of child jobs of one run, in their order."""
    saved = await store.saved_by(run_id, [job.id for job in jobs])
    return [_fate(job, saved.get(job.id)) for job in jobs]


def fate_json(fate: Fate) -> FateShape:
    return {
        "job_id": str(fate.job.id),
        "url": fate.url,
        "fate": fate.word,
        "cause": fate.cause,
        "error_code": fate.job.error_code,
        "depth": fate.job.depth,
        "document_id": None if fate.document_id is None else str(fate.document_id),
    }


def _fate(job: Job, saved: SavedBy | None) -> Fate:
    url = job.config.get("url")
    word, cause = _told(job, saved)
    document_id = None if saved is None else saved.document_id
    return Fate(job, url if isinstance(url, str) else job.name, word, cause, document_id)


def _told(job: Job, saved: SavedBy | None) -> tuple[str, str]:
    if job.state is JobState.FAILED:
        return "failed", job.error or job.error_code or ""
    if job.state is not JobState.COMPLETED:
        return str(job.state), job.error or ""
    if saved is not None:
        return saved.fate, ""
    if not job.note:
        return "done", ""
    return ("duplicate" if job.note.startswith(SAME_PAGE) else "left out"), job.note
