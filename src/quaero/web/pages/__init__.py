"""The pages: one module for each part of the interface."""

from typing import Final

from fastapi import APIRouter

from quaero.web.pages import (
    api_page,
    credentials,
    definitions,
    documents,
    editor,
    help_page,
    home,
    job,
    jobs,
    schedule,
    search,
    settings,
    sign_in,
    workers,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    api_page.router,
    home.router,
    definitions.router,
    documents.router,
    search.router,
    editor.router,
    job.router,
    jobs.router,
    credentials.router,
    help_page.router,
    schedule.router,
    settings.router,
    workers.router,
    sign_in.router,
)
