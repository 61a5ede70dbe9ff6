"""Wiring: opens the store that the settings name, hands everything to the command line. Imported by nobody."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from quaero.backends import database_file, open_backend
from quaero.settings import Settings

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.store.database_file import DatabaseFile
    from quaero.web.server import Serving


@asynccontextmanager
async def open_engine(settings: Settings) -> AsyncIterator["Engine"]:
    """The engine over the store that the settings name; closed after the block."""
    from quaero.jobs.engine import Engine
    from quaero.jobs.registry import installed
    from quaero.jobs.tracing import tracing_for
    from quaero.store.store import Store

    tracing = tracing_for(str(settings.database), os.environ)
    store = Store(open_backend(settings.database, settings.postgres))
    engine = Engine(store, installed(), settings.queue, settings.retention, settings.places, tracing)
    try:
        yield engine
    finally:
        await engine.close()


def open_file(settings: Settings) -> "DatabaseFile":
    """The database that the settings name, as a whole that nobody needs to have open."""
    return database_file(settings.database)


@asynccontextmanager
async def open_web(engine: "Engine", settings: Settings) -> AsyncIterator["Serving"]:
    """Pages and API over the engine, during the block."""
    from quaero.secrets.key_sources import KeySources
    from quaero.web.access import FILE_NAME
    from quaero.web.server import serving

    async with serving(engine, settings, KeySources.of_user().file.with_name(FILE_NAME)) as served:
        yield served


def main() -> None:
    """The `quaero` command."""
    from quaero.cli import run

    run(open_engine, open_file, open_web)
