"""The page that asks for the token."""

from fastapi import APIRouter
from starlette.responses import Response

from quaero.web.state import WebState

router = APIRouter()


@router.get("/sign-in")
async def sign_in(web: WebState) -> Response:
    return web.rendering.page("sign_in.html", {})
