"""The first page: what runs, what failed, what is next, what was found lately."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from quaero.jobs.summary import summarise
from quaero.jobs.timetable import timetable
from quaero.models.job import OPEN_STATES, Job, JobKind, JobState
from quaero.settings import SqliteUrl
from quaero.store.reads import DocumentFilter, JobFilter, StoredDefinition
from quaero.views.job_view import JobView, views_of
from quaero.views.moments import now_ms
from quaero.views.notes import Note, notes_of
from quaero.views.text import failure_text, one_line, shortened
from quaero.web.local_times import shown_time
from quaero.web.state import Web, WebState

router = APIRouter()

RUNS: Final = 8
FAILURES: Final = 4
DONE: Final = 4
GROUPS: Final = 3
COMING: Final = 6
DOCUMENTS: Final = 8
LATELY_MS: Final = 7 * 24 * 3_600_000
_LONGEST: Final = 240
_OPEN: Final = JobFilter(kind=JobKind.RUN, states=tuple(sorted(OPEN_STATES)))
_DONE: Final = JobFilter(kind=JobKind.RUN, states=(JobState.COMPLETED,))
_RUNNING: Final = JobFilter(kind=JobKind.RUN, states=(JobState.RUNNING,))


@dataclass(frozen=True, slots=True)
class Group:
    """So many failed jobs of one kind, with what the first of them says."""

    code: str
    count: int
    text: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that failed, and why."""

    job: Job
    text: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Coming:
    """The next planned time of a definition; `local`: as the clock of its schedule shows it."""

    at: int
    definition_id: str
    name: str
    explanation: str
    local: str


@router.get("/")
async def home(web: WebState) -> Response:
    store = web.engine.store
    definitions = await web.engine.control.definitions()
    open_runs = await store.jobs(_OPEN, limit=RUNS)
    failed = await store.jobs(_failed_since(now_ms() - LATELY_MS), limit=FAILURES)
    documents = await store.newest_documents(DocumentFilter(), limit=DOCUMENTS)
    views = await views_of(store, open_runs.items)
    context = {
        "here": "/",
        "first_start": await _is_new(web, definitions, open_runs.total, documents.total),
        "place": _place(web),
        "open_runs": views,
        "open_total": open_runs.total,
        "done": (await store.jobs(_DONE, limit=DONE)).items,
        "running_total": (await store.jobs(_RUNNING, limit=1)).total,
        "notes": await _notes(web, views),
        "failures": [await _failure(web, job) for job in failed.items],
        "failed_total": failed.total,
        "coming": await _coming(web, definitions),
        "documents": documents.items,
        "documents_total": documents.total,
        "definitions_total": len(definitions),
    }
    return web.rendering.page("home.html", context)


async def _is_new(
    web: Web, definitions: Iterable[StoredDefinition], open_runs: int, documents_total: int
) -> bool:
    """Whether nobody has done anything here yet."""
    if open_runs or documents_total or any(each.origin != "system" for each in definitions):
        return False
    return not (await web.engine.store.jobs(JobFilter(kind=JobKind.RUN), limit=1)).total


def _place(web: Web) -> str:
    database = web.settings.database
    return str(database.path) if isinstance(database, SqliteUrl) else "its own database"


def _failed_since(moment: int) -> JobFilter:
    return JobFilter(kind=JobKind.RUN, states=(JobState.FAILED,), finished_after=moment)


async def _notes(web: Web, views: Iterable[JobView]) -> dict[int, tuple[Note, ...]]:
    """Why runs do not go on, by their ids; a paused one says so by its state."""
    found = {}
    for view in views:
        if view.job.state is not JobState.PAUSED:
            found[view.job.id] = await notes_of(web.engine, view.job, lambda command: f"quaero {command}")
    return found


async def _failure(web: Web, run: Job) -> Failure:
    summary = await summarise(web.engine.store, run.id)
    groups = [
        Group(each.code, each.count, shortened(failure_text(each.example), _LONGEST))
        for step in summary.steps
        for each in step.errors
    ]
    text = shortened(one_line(run.error or ""), _LONGEST)
    return Failure(run, "" if groups and text in groups[0].text else text, tuple(groups[:GROUPS]))


async def _coming(web: Web, definitions: Iterable[StoredDefinition]) -> list[Coming]:
    """The next planned time of each definition, the first ones first."""
    names = {each.definition.id: each.definition.name for each in definitions}
    found = [
        Coming(
            entry.next_at,
            entry.definition_id,
            names.get(entry.definition_id, entry.definition_id),
            entry.explanation,
            shown_time(entry.next_at, entry.timezone),
        )
        for entry in await timetable(web.engine.control, now_ms())
        if entry.enabled and entry.next_at is not None
    ]
    return sorted(found, key=lambda each: each.at)[:COMING]
