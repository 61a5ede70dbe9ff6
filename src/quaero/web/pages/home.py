"""The first page."""

from fastapi import APIRouter
from starlette.responses import Response

from quaero.web.state import WebState

router = APIRouter()


@router.get("/")
async def home(web: WebState) -> Response:
    return web.rendering.page("home.html", {"here": "/"})
