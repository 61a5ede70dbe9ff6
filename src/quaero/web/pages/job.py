"""`/jobs/ID`: a run, or one job of a run with its place in it."""

import json
from collections import Counter, defaultdict
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from quaero.models.errors import NotFoundError
from quaero.models.job import Job, JobKind
from quaero.store.reads import JobFilter
from quaero.views.event_text import event_text
from quaero.views.job_query import job_query_of
from quaero.views.job_view import view_of
from quaero.views.moments import now_ms
from quaero.views.notes import notes_of
from quaero.views.run_view import step_view
from quaero.views.spelling import spell_for
from quaero.web.pages.job_log import log_context
from quaero.web.pages.run import run_page
from quaero.web.rendering import safe_lines
from quaero.web.state import Web, WebState

router = APIRouter()

MOST_HOSTS: Final = 50
"""The largest of them are shown."""


@router.get("/jobs/{job_id}")
async def job(job_id: str, request: Request, web: WebState) -> Response:
    if not (job_id.isascii() and job_id.isdigit() and len(job_id) < 19):
        raise NotFoundError(f"there is no job {job_id[:40]!r}", remedy="See: quaero jobs list")
    found = await web.engine.store.job(int(job_id))
    if found.kind is JobKind.RUN:
        return await run_page(web, found, request)
    return await _job_page(web, found, request)


async def _job_page(web: Web, job: Job, request: Request) -> Response:
    """A step or a child: where it belongs, what happened to it, what it said."""
    store = web.engine.store
    run = await store.job(job.root_id)
    steps = (await store.steps([run.id])).get(run.id, ())
    own = next((step for step in steps if step.job.id in (job.id, job.parent_id)), None)
    is_step = job.kind is JobKind.PARENT
    spell = spell_for(web.settings)
    saved = await store.saved_by(run.id, [job.id])
    context = {
        "here": "/jobs",
        "job": job,
        "run": run,
        "step": None if own is None else step_view(own, run, now_ms()),
        "is_step": is_step,
        "view": await view_of(store, job.id),
        "definition": (await store.run(run.id)).definition,
        "history": await store.history(job.id),
        "told": event_text,
        "config": safe_lines(json.dumps(dict(job.config), indent=2, ensure_ascii=False)),
        "saved": saved.get(job.id),
        "jobs_on": lambda host: job_query_of(JobFilter(parent_id=job.id, host=host)),
        "groupings": await _groupings(web, job) if is_step else [],
        "neighbours": () if is_step else await _neighbours(web, job),
        "notes": () if job.state.final else await notes_of(web.engine, run, spell),
        "spell": spell,
        "base": str(request.base_url).rstrip("/"),
        **await log_context(store, job, request.query_params),
    }
    return web.rendering.page("job.html", context)


async def _groupings(web: Web, step: Job) -> list[tuple[str, dict[str, Counter[str]]]]:
    """The children by host and by depth, as far as they differ in that: how many in which state, and in all."""
    by_host: defaultdict[str, Counter[str]] = defaultdict(Counter)
    by_depth: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for group in await web.engine.store.groups(step.id):
        for counts in (by_host[group.host], by_depth[group.depth]):
            counts[group.state] += group.count
            counts["all"] += group.count
    largest = sorted(by_host.items(), key=lambda each: -each[1]["all"])[:MOST_HOSTS]
    found = [("Host", dict(largest)), ("Depth", {str(depth): by_depth[depth] for depth in sorted(by_depth)})]
    return [(title, groups) for title, groups in found if len(groups) > 1]


async def _neighbours(web: Web, job: Job) -> list[tuple[str, int]]:
    """Where to go on from a child that failed: the next one with the same code, and the next one that failed at all."""
    if job.state != "failed":
        return []
    found = []
    for label, code in ((f"Next {job.error_code or 'failed'}", job.error_code), ("Next failed job", None)):
        wanted = JobFilter(parent_id=job.parent_id, states=(job.state,), error_code=code)
        page = await web.engine.store.jobs(wanted, limit=1, cursor=job.id, oldest_first=True)
        found += [(label, other.id) for other in page.items]
    return found[:1] if len({job_id for _, job_id in found}) == 1 else found
