"""`/api/queue`: what is open, and what waits to be claimed."""

from fastapi import APIRouter
from starlette.responses import Response
from typing_extensions import TypedDict

from quaero.views.system_shapes import QueuedTypeShape, queued_json
from quaero.web.replies import Reply
from quaero.web.state import WebState

router = APIRouter(prefix="/queue", tags=["queue"])


class QueueShape(TypedDict):
    """How many jobs are open, in all and by type; runs themselves are not counted, their steps are."""

    pending: int
    running: int
    waiting: int
    paused: int
    types: list[QueuedTypeShape]


@router.get("/stats", response_model=QueueShape)
async def get_queue_stats(web: WebState) -> Response:
    """How many jobs of which type wait, run, or are held back, and since when the oldest one waits."""
    found = await web.engine.store.queued()
    return Reply(
        QueueShape(
            pending=sum(each.pending for each in found),
            running=sum(each.running for each in found),
            waiting=sum(each.waiting for each in found),
            paused=sum(each.paused for each in found),
            types=[queued_json(each) for each in found],
        )
    )
