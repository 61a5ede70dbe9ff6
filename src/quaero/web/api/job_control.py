"""`POST /api/jobs/ID/…`: steering jobs."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response
from typing_extensions import TypedDict

from quaero.models.job import JobState
from quaero.store.transitions.launch import LARGEST_PRIORITY
from quaero.web.api.job_parameters import JobId
from quaero.web.replies import Reply
from quaero.web.state import Web, WebState

router = APIRouter(prefix="/jobs", tags=["jobs"])


class CancelledShape(TypedDict):
    """How many jobs were cancelled."""

    id: str
    cancelled: int


class RetriedShape(TypedDict):
    """How many jobs of the run are tried again."""

    id: str
    run_id: str
    reopened: int


class DeletedRunShape(TypedDict):
    """How many jobs are gone."""

    id: str
    deleted: int


class JobStatusShape(TypedDict):
    """The state of a job."""

    id: str
    status: JobState


class PriorityShape(TypedDict):
    """The priority of a job."""

    id: str
    priority: int


class NewPriority(BaseModel, extra="forbid"):
    """Smaller goes first: a run among the runs, a step or child among its siblings."""

    priority: int = Field(ge=-LARGEST_PRIORITY, le=LARGEST_PRIORITY)


@router.post("/{job_id}/cancel", response_model=CancelledShape)
async def cancel_job(job_id: JobId, web: WebState) -> Response:
    """Cancel a job and everything open below it. Nothing of it starts any more; what runs is told to stop."""
    return Reply(CancelledShape(id=str(job_id), cancelled=await web.engine.control.cancel(job_id)))


@router.post("/{job_id}/retry", response_model=RetriedShape)
async def retry_job(job_id: JobId, web: WebState) -> Response:
    """Try the failed and cancelled jobs of a run, step or job again: they are put back into the queue."""
    count = await web.engine.control.retry(job_id)
    run = await web.engine.control.run_of(job_id)
    return Reply(RetriedShape(id=str(job_id), run_id=str(run.id), reopened=count))


@router.post("/{job_id}/pause", response_model=JobStatusShape)
async def pause_job(job_id: JobId, web: WebState) -> Response:
    """Hold back a run or a pending job. Nothing of it starts any more; what runs may finish."""
    await web.engine.control.pause(job_id)
    return await _status(web, job_id)


@router.post("/{job_id}/resume", response_model=JobStatusShape)
async def resume_job(job_id: JobId, web: WebState) -> Response:
    """Let a paused run or job go on."""
    await web.engine.control.resume(job_id)
    return await _status(web, job_id)


@router.post("/{job_id}/priority", response_model=PriorityShape)
async def set_job_priority(job_id: JobId, new: NewPriority, web: WebState) -> Response:
    """Put a run, or a job among its siblings, before or behind others."""
    await web.engine.control.set_priority(job_id, new.priority)
    return Reply(PriorityShape(id=str(job_id), priority=new.priority))


@router.delete("/{job_id}", response_model=DeletedRunShape)
async def delete_run(
    job_id: JobId,
    web: WebState,
    documents: Annotated[bool, Query(description="Also those that no later run has seen again.")] = False,
) -> Response:
    """Delete a run that has ended, with its jobs, its log and its events; its documents stay."""
    count = await web.engine.control.delete(job_id, documents=documents)
    return Reply(DeletedRunShape(id=str(job_id), deleted=count))


async def _status(web: Web, job_id: int) -> Response:
    job = await web.engine.store.job(job_id)
    return Reply(JobStatusShape(id=str(job_id), status=job.state))
