"""`/api/workers`: who executes jobs."""

from fastapi import APIRouter
from starlette.responses import Response
from typing_extensions import TypedDict

from quaero.views.shapes import listing
from quaero.views.system_shapes import WorkerShape, process_json
from quaero.web.replies import Reply
from quaero.web.state import WebState

router = APIRouter(prefix="/workers", tags=["workers"])


class WorkersShape(TypedDict):
    """Processes that execute jobs, on whatever machine; all of them."""

    items: list[WorkerShape]
    total: int
    next_cursor: str | None


@router.get("", response_model=WorkersShape)
async def list_workers(web: WebState) -> Response:
    """The processes that execute jobs: workers, servers, and runs in the foreground."""
    found = await web.engine.store.processes()
    return Reply(listing(map(process_json, found), len(found), None))
