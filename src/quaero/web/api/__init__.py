"""The HTTP API: one module for each kind of thing."""

from importlib.metadata import version
from typing import Final

from fastapi import APIRouter

from quaero.web.api import session, system

VERSION: Final = version("quaero")
ROUTERS: Final[tuple[APIRouter, ...]] = (session.router, system.router)
