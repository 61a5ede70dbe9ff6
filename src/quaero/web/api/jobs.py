"""`/api/jobs`: lists, counts, one job, and what is below it."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response
from typing_extensions import TypedDict

from quaero.models.job import JobState
from quaero.views.job_details import details_of
from quaero.views.job_errors import StepErrorShape, errors_of
from quaero.views.job_query import LARGEST_ID
from quaero.views.job_shapes import JobDetailsShape, JobShape, TreeShape, job_json
from quaero.views.job_tree import tree_json, tree_of
from quaero.views.job_view import views_of
from quaero.views.shapes import listing
from quaero.views.spelling import spell_for
from quaero.web.api.job_parameters import JobId, StateList, Wanted, id_of, states_in
from quaero.web.api.parameters import DEFAULT_LIMIT, MOST_ITEMS, Cursor, Limit
from quaero.web.replies import Reply
from quaero.web.state import WebState

router = APIRouter(prefix="/jobs", tags=["jobs"])

CHILDREN_OF_A_STEP = 20


class JobsShape(TypedDict):
    """Jobs: a page of them, and how many there are in all."""

    items: list[JobShape]
    total: int
    next_cursor: str | None


class CountsShape(TypedDict):
    """How many jobs there are, and how many of them in each state."""

    total: int
    waiting: int
    pending: int
    running: int
    paused: int
    completed: int
    failed: int
    cancelled: int
    skipped: int


class ErrorsShape(TypedDict):
    """Failed jobs in groups; all of them."""

    items: list[StepErrorShape]
    total: int
    next_cursor: str | None


@router.get("", response_model=JobsShape)
async def list_jobs(
    wanted: Wanted, web: WebState, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response:
    """Jobs, the newest first. Their number is that of the filter, whatever page is asked for."""
    store = web.engine.store
    found = await store.jobs(wanted, limit=limit, cursor=id_of(cursor))
    views = await views_of(store, found.items)
    return Reply(listing(map(job_json, views), found.total, found.next_cursor))


@router.get("/counts", response_model=CountsShape)
async def count_jobs(wanted: Wanted, web: WebState) -> Response:
    """How many jobs are in which state. A `state` in the filter changes nothing: all states are counted."""
    counts = await web.engine.store.state_counts(wanted)
    return Reply({"total": sum(counts.values())} | {str(state): counts[state] for state in JobState})


@router.get("/{job_id}", response_model=JobDetailsShape)
async def get_job(job_id: JobId, web: WebState) -> Response:
    """One job with what it was given; `hints` say what holds its run back."""
    _, shape = await details_of(web.engine, job_id, spell_for(web.settings))
    return Reply(shape)


@router.get("/{job_id}/tree", response_model=TreeShape)
async def get_job_tree(
    job_id: JobId,
    web: WebState,
    limit: Annotated[
        int, Query(ge=0, le=MOST_ITEMS, description="Jobs to show of each step.")
    ] = CHILDREN_OF_A_STEP,
) -> Response:
    """The run that a job belongs to, with its steps and the first jobs of each."""
    return Reply(tree_json(await tree_of(web.engine, job_id, limit, spell_for(web.settings))))


@router.get("/{job_id}/children", response_model=JobsShape)
async def list_children(
    job_id: JobId,
    web: WebState,
    states: StateList = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    offset: Annotated[int, Query(ge=0, le=LARGEST_ID, description="Leave out so many first.")] = 0,
) -> Response:
    """The steps of a run, or the child jobs of a step, in the order in which they came.

    A job keeps its place: `offset` and `limit` are a window of a list that only grows at its end, unless a state is
    wanted. A child job has no children.
    """
    store = web.engine.store
    await store.job(job_id)
    found = await store.children(
        job_id, states=states_in(states), after=id_of(cursor) or 0, offset=offset, limit=limit
    )
    views = await views_of(store, found.items)
    return Reply(listing(map(job_json, views), found.total, found.next_cursor))


@router.get("/{job_id}/errors", response_model=ErrorsShape)
async def list_job_errors(job_id: JobId, web: WebState) -> Response:
    """Why jobs failed at and below a job: how many of each step with which code, and the first of them."""
    found = await errors_of(web.engine, job_id)
    return Reply(listing(found, len(found), None))
