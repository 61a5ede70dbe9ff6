"""The page of a run: where it stands, and one part of it at a time."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from quaero.jobs.engine import Engine
from quaero.models.job import Job, JobState
from quaero.store.reads import ErrorGroup, JobFilter, StoredDefinition
from quaero.views.job_query import job_query_of
from quaero.views.moments import now_ms
from quaero.views.notes import notes_of
from quaero.views.run_view import RunView, run_view
from quaero.views.spelling import spell_for
from quaero.views.text import failure_text
from quaero.web.pages.job_log import log_context
from quaero.web.pages.run_timeline import timeline_of
from quaero.web.pages.run_urls import urls_context
from quaero.web.state import Web


@dataclass(frozen=True, slots=True)
class _Asked:
    """A run of which a part is to be shown; `query` says more about that part."""

    engine: Engine
    view: RunView
    query: QueryParams


async def run_page(web: Web, run: Job, request: Request) -> Response:
    store, spell = web.engine.store, spell_for(web.settings)
    steps = (await store.steps([run.id])).get(run.id, ())
    launches = await store.launches([run.id])
    view = run_view(run, steps, launches.get(run.id), now_ms())
    wanted = request.query_params.get("tab", "")
    tab = wanted if wanted in _TABS else "tree"
    label, part = _TABS[tab]
    context = {
        "here": "/jobs",
        "view": view,
        "run": run,
        "definition": (await store.run(run.id)).definition,
        "tab": tab,
        "tab_label": label,
        "tabs": [(name, label) for name, (label, _) in _TABS.items()],
        "notes": await notes_of(web.engine, run, spell),
        "spell": spell,
        "base": str(request.base_url).rstrip("/"),
        **await part(_Asked(web.engine, view, request.query_params)),
    }
    return web.rendering.page("run.html", context)


async def _tree(_: _Asked) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class _Failed:
    """A group of failures of a step with the first of them in words, and the filter of its jobs.

    `whole`: the step failed by itself.
    """

    step: Job
    group: ErrorGroup
    told: str
    filter: str
    whole: bool


async def _errors(asked: _Asked) -> dict[str, Any]:
    summary = await asked.engine.control.summary(asked.view.job.id)
    return {"groups": [_failed(step.job, group) for step in summary.steps for group in step.errors]}


def _failed(step: Job, group: ErrorGroup) -> _Failed:
    first = group.example
    wanted = JobFilter(parent_id=step.id, states=(JobState.FAILED,), error_code=first.error_code)
    return _Failed(step, group, failure_text(first), job_query_of(wanted), first.id == step.id)


async def _log(asked: _Asked) -> dict[str, Any]:
    return await log_context(asked.engine.store, asked.view.job, asked.query)


async def _urls(asked: _Asked) -> dict[str, Any]:
    return await urls_context(asked.engine.store, asked.view, asked.query)


async def _timeline(asked: _Asked) -> dict[str, Any]:
    return {"timeline": await timeline_of(asked.engine.store, asked.view)}


async def _definition(asked: _Asked) -> dict[str, Any]:
    definition = (await asked.engine.store.run(asked.view.job.id)).definition
    as_launched = StoredDefinition(definition, "", "", 0, 0)
    return {"toml": await asked.engine.control.definition_text(as_launched)}


_TABS: Final[Mapping[str, tuple[str, Callable[[_Asked], Awaitable[dict[str, Any]]]]]] = {
    "tree": ("Tree", _tree),
    "errors": ("Errors", _errors),
    "log": ("Log", _log),
    "urls": ("URLs", _urls),
    "timeline": ("Timeline", _timeline),
    "definition": ("Definition", _definition),
}
