"""The application: the API, the pages and what guards them."""

from fastapi import FastAPI
from starlette.types import ASGIApp

from quaero.jobs.engine import Engine
from quaero.settings import Settings
from quaero.web import api, pages
from quaero.web.access import Access
from quaero.web.guard import Guard
from quaero.web.problems import handle_problems
from quaero.web.rendering import Rendering
from quaero.web.state import Web
from quaero.web.static_files import StaticFiles


def create_app(engine: Engine, settings: Settings, access: Access) -> tuple[ASGIApp, Web]:
    """The application over an open engine, and what its parts share."""
    base_path = settings.web.base_path
    web = Web(engine, settings, access, Rendering(base_path))
    app = FastAPI(
        title="Quaero",
        version=api.VERSION,
        root_path=base_path,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.web = web
    handle_problems(app)
    for router in api.ROUTERS:
        app.include_router(router, prefix="/api")
    for router in pages.ROUTERS:
        app.include_router(router, include_in_schema=False)
    app.mount("/static", StaticFiles(web.rendering.fingerprint))
    return Guard(app, access, base_path), web
