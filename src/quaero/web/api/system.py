"""`/api/health`, `/api/ready`, `/api/version`: for whoever watches over the server."""

from fastapi import APIRouter
from starlette.responses import Response
from typing_extensions import TypedDict

from quaero.web.replies import Reply

router = APIRouter(tags=["system"])


class Health(TypedDict):
    """`status` is "ok"; there is no answer otherwise."""

    status: str


@router.get("/health", response_model=Health)
async def get_health() -> Response:
    """The server answers."""
    return Reply(Health(status="ok"))
