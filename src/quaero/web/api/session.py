"""`/api/session`: a browser shows the token once and gets a cookie for it."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response
from typing_extensions import TypedDict

from quaero.web.problems import Problem, problem_response
from quaero.web.replies import Reply
from quaero.web.state import WebState

router = APIRouter(tags=["session"])


class SignedIn(TypedDict):
    """Whether the browser may go on."""

    signed_in: bool


class ShownToken(BaseModel, extra="forbid"):
    """The token of the server."""

    token: str = Field(max_length=256)


@router.get("/session", response_model=SignedIn)
async def get_session(request: Request, web: WebState) -> Response:
    """Whether the cookie of this browser is good."""
    shown = request.cookies.get(web.access.cookie_name, "")
    return Reply(SignedIn(signed_in=web.access.is_cookie(shown)))


@router.post("/session", response_model=SignedIn)
async def sign_in(request: Request, shown: ShownToken, web: WebState) -> Response:
    """Show the token; the answer carries the cookie."""
    if not web.access.is_token(shown.token):
        return problem_response(
            request.scope, Problem(401, "token_wrong", "this is not the token of the server")
        )
    response = Reply(SignedIn(signed_in=True))
    response.set_cookie(
        web.access.cookie_name,
        web.access.cookie_value,
        path=web.settings.web.base_path or "/",
        max_age=365 * 24 * 3600,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response
