"""The HTTP API: one module for each kind of thing."""

from importlib.metadata import version
from typing import Final

from fastapi import APIRouter

from quaero.web.api import (
    audit,
    auth,
    definitions,
    demo,
    documents,
    events,
    gates,
    job_control,
    job_logs,
    job_urls,
    jobs,
    queue,
    schedule,
    search,
    session,
    settings,
    start,
    system,
    variables,
    workers,
)

VERSION: Final = version("quaero")
ROUTERS: Final[tuple[APIRouter, ...]] = (
    audit.router,
    auth.router,
    definitions.router,
    demo.router,
    documents.router,
    events.router,
    gates.router,
    job_control.router,
    job_logs.router,
    job_urls.router,
    jobs.router,
    queue.router,
    schedule.router,
    search.router,
    session.router,
    settings.router,
    start.router,
    system.router,
    variables.router,
    workers.router,
)
