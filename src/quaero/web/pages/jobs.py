"""`/jobs`: runs, or all jobs, as a filter wants them."""

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from quaero.models.errors import UsageError
from quaero.models.job import OPEN_STATES, Job, JobKind, JobState
from quaero.store.reads import JobFilter
from quaero.views.job_query import KEYS, parse_job_query
from quaero.views.job_view import JobView, views_of
from quaero.views.moments import now_ms
from quaero.views.notes import Note, notes_of
from quaero.views.run_view import RunView, run_view
from quaero.views.spelling import spell_for
from quaero.web.pages.job_list import ORDERS, Listed, can_begin_with_oldest, listed
from quaero.web.state import Web, WebState

router = APIRouter()

MOST_NOTED: Final = 10
"""Open runs of a page that are asked what they wait for: the newest ones."""
_PART = re.compile(r'(?:[A-Za-z_]+:)?"(?:[^"\\]|\\.)*"(?!\S)|\S+')
SHOWN_STATES: Final = (
    "running",
    "pending",
    "waiting",
    "paused",
    "failed",
    "completed",
    "cancelled",
    "skipped",
)
OPERATIONS: Final[Sequence[tuple[str, str]]] = (
    ("cancel", "Cancel"),
    ("retry", "Retry"),
    ("pause", "Pause"),
    ("resume", "Resume"),
    ("priority:-10", "Priority high"),
    ("priority:0", "Priority normal"),
    ("priority:10", "Priority low"),
    ("delete", "Delete runs"),
    ("delete:documents", "Delete runs with their documents"),
)


@router.get("/jobs")
async def jobs(request: Request, web: WebState) -> Response:
    asked = request.query_params
    text = asked.get("filter", "").strip()
    order = asked.get("order", "") if asked.get("order", "") in ORDERS else "newest"
    cursor, everything = asked.get("cursor", ""), asked.get("show") == "all"
    context: dict[str, Any] = {
        "here": "/jobs",
        "text": text,
        "order": order,
        "cursor": cursor,
        "keys": KEYS.values(),
        "operations": OPERATIONS,
        "everything": everything,
        "problem": None,
        "spell": spell_for(web.settings),
        "with_state": lambda state: with_state(text, state),
        "states": SHOWN_STATES,
    }
    try:
        wanted = parse_job_query(text)
    except UsageError as error:
        nothing = {
            "found": Listed((), 0, None),
            "counts": dict.fromkeys(JobState, 0),
            "rows": {},
            "notes": {},
        }
        bad = {
            "problem": error,
            "whole": text,
            "runs_only": False,
            "narrowed": True,
            "can_begin_with_oldest": False,
        }
        return web.rendering.page("jobs.html", context | nothing | bad)
    runs_only = wanted.kind is None and wanted.parent_id is None and wanted.root_id is None and not everything
    if runs_only:
        wanted = msgspec.structs.replace(wanted, kind=JobKind.RUN)
    found = await listed(web.engine.store, wanted, order, cursor)
    context |= {
        "runs_only": runs_only,
        "whole": f"{text} kind:run".strip() if runs_only else text,
        "found": found,
        "counts": await web.engine.store.state_counts(wanted),
        "rows": await _rows(web, found.jobs),
        "notes": await _notes(web, found.jobs),
        "narrowed": narrowed(wanted),
        "can_begin_with_oldest": can_begin_with_oldest(wanted),
    }
    return web.rendering.page("jobs.html", context)


def with_state(text: str, state: str) -> str:
    """The text of a filter for jobs in this state alone; "": in any."""
    parts = [part for part in _PART.findall(text) if not part.lower().startswith("state:")]
    return " ".join([*parts, f"state:{state}"] if state else parts)


def narrowed(wanted: JobFilter) -> bool:
    """Whether it leaves out some jobs other than by their kind."""
    return msgspec.structs.replace(wanted, kind=None) != JobFilter()


async def _rows(web: Web, jobs: Sequence[Job]) -> dict[int, RunView | JobView]:
    """What is to be said of the jobs, by their ids: of a run where it stands with its steps."""
    store = web.engine.store
    ids = [job.id for job in jobs if job.kind is JobKind.RUN]
    steps, launches, now = await store.steps(ids), await store.launches(ids), now_ms()
    runs = {
        job.id: run_view(job, steps.get(job.id, ()), launches.get(job.id), now)
        for job in jobs
        if job.kind is JobKind.RUN
    }
    others = await views_of(store, [job for job in jobs if job.kind is not JobKind.RUN])
    return {**runs, **{view.job.id: view for view in others}}


async def _notes(web: Web, jobs: Sequence[Job]) -> dict[int, tuple[Note, ...]]:
    open_runs = [job for job in jobs if job.kind is JobKind.RUN and job.state in OPEN_STATES]
    spell = spell_for(web.settings)
    return {run.id: await notes_of(web.engine, run, spell) for run in open_runs[:MOST_NOTED]}
