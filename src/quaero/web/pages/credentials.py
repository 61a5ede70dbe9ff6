"""Credentials for crawls: whom they are for and who uses them, never what they are."""

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import Response

from quaero.store.transitions.credentials import StoredCredential
from quaero.views.system_shapes import PartShape, parts_json
from quaero.views.used_by import users_of_credential
from quaero.web.state import Web, WebState

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Known:
    """Credentials with what may be told of them. `problem`: why they cannot be opened here; "": they can."""

    stored: StoredCredential
    problem: str
    parts: list[PartShape]
    users: list[str]


@router.get("/credentials")
async def credentials(web: WebState) -> Response:
    found = [await _known(web, each) for each in await web.engine.store.credentials()]
    return web.rendering.page("credentials.html", {"here": "/credentials", "credentials": found})


async def _known(web: Web, stored: StoredCredential) -> Known:
    door = web.engine.control.credentials
    problem = await door.problem(stored)
    parts = [] if problem else parts_json(await door.open(stored.name))
    return Known(stored, problem, parts, await users_of_credential(web.engine.control, stored.name))
