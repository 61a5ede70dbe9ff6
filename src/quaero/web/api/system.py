"""`/api/health`, `/api/ready`, `/api/version`: for whoever watches over the server."""

import asyncio
import platform
from importlib.metadata import version
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response
from typing_extensions import TypedDict

from quaero.models.errors import StoreError
from quaero.web.problems import Problem, problem_response
from quaero.web.replies import Reply
from quaero.web.state import Web, WebState

router = APIRouter(tags=["system"])

READY_WITHIN_SECONDS: Final = 2.0


class Health(TypedDict):
    """`status` is "ok"; there is no answer otherwise."""

    status: str


class Versions(TypedDict):
    """Of the program and of what it runs on."""

    quaero: str
    python: str


@router.get("/health", response_model=Health)
async def get_health() -> Response:
    """The server answers."""
    return Reply(Health(status="ok"))


@router.get("/ready", response_model=Health)
async def get_readiness(request: Request, web: WebState) -> Response:
    """The server does its work: the store answers, and a process watches over the runs."""
    lack = await _lack(web)
    if not lack:
        return Reply(Health(status="ok"))
    return problem_response(request.scope, Problem(503, "not_ready", lack, remedy="Ask again in a moment"))


@router.get("/version", response_model=Versions)
async def get_version() -> Response:
    """Which version this is."""
    return Reply(Versions(quaero=version("quaero"), python=platform.python_version()))


async def _lack(web: Web) -> str:
    """What keeps it from being ready; "" if nothing does."""
    if web.closing.is_set():
        return "the server is stopping"
    try:
        async with asyncio.timeout(READY_WITHIN_SECONDS):
            attended = await web.engine.store.is_watched()
    except TimeoutError:
        return "the store does not answer in time"
    except StoreError:
        return "the store cannot be used"
    return "" if attended else "no process watches over the runs"
