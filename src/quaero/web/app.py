"""The application: the API, the pages and what guards them."""

from fastapi import Depends
from starlette.types import ASGIApp

from quaero.jobs.engine import Engine
from quaero.settings import Settings
from quaero.web import api, metrics, pages
from quaero.web.access import Access
from quaero.web.api.schema import DescribedApp, operation_id
from quaero.web.feed.feed import Feed
from quaero.web.feed.page_position import note_position
from quaero.web.guard import Guard
from quaero.web.meters import Meters
from quaero.web.problems import handle_problems
from quaero.web.rendering import Rendering
from quaero.web.state import Web
from quaero.web.static_files import StaticFiles
from quaero.web.store_metrics import StoreCollector
from quaero.web.watch import Watch


def api_app(base_path: str = "") -> DescribedApp:
    """The API alone: enough to describe it."""
    app = DescribedApp(
        title="Quaero",
        version=api.VERSION,
        servers=[{"url": base_path}] if base_path else None,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
    )
    for router in api.ROUTERS:
        app.include_router(router, prefix="/api")
    return app


def create_app(engine: Engine, settings: Settings, access: Access) -> tuple[ASGIApp, Web]:
    """The application over an open engine, and what its parts share."""
    base_path = settings.web.base_path
    feed, meters = Feed(engine.store, engine.hub), Meters()
    collector = StoreCollector(engine.store, feed)
    meters.registry.register(collector)
    web = Web(engine, settings, access, Rendering(base_path), feed, meters, collector)
    app = api_app(base_path)
    app.state.web = web
    handle_problems(app)
    for router in pages.ROUTERS:
        app.include_router(router, include_in_schema=False, dependencies=[Depends(note_position)])
    app.include_router(metrics.router, include_in_schema=False)
    app.mount("/static", StaticFiles(web.rendering.fingerprint))
    guard = Guard(app, access, web.rendering, settings.web.trusted_proxies)
    told = (meters,) if engine.tracing is None else (meters, engine.tracing)
    return Watch(guard, lambda act: engine.store.record_acts([act]), *told), web
