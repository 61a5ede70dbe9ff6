"""`/api/audit`: what was changed through the pages and the API, by whom, and what came of it."""

from fastapi import APIRouter
from starlette.responses import Response
from typing_extensions import TypedDict

from quaero.views.shapes import listing
from quaero.views.system_shapes import ActShape, act_json
from quaero.web.api.job_parameters import id_of
from quaero.web.api.parameters import DEFAULT_LIMIT, Cursor, Limit
from quaero.web.replies import Reply
from quaero.web.state import WebState

router = APIRouter(prefix="/audit", tags=["audit"])


class ActsShape(TypedDict):
    """Changes, newest first."""

    items: list[ActShape]
    total: int
    next_cursor: str | None


@router.get("", response_model=ActsShape)
async def list_acts(web: WebState, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Response:
    """Who asked for which change, and what came of it. What was sent along is not kept."""
    page = await web.engine.store.acts(limit=limit, cursor=id_of(cursor))
    return Reply(listing(map(act_json, page.items), page.total, page.next_cursor))
