"""`/metrics`: what the server and its store do, in the text format of Prometheus."""

from typing import Final

from fastapi import APIRouter
from prometheus_client import generate_latest
from starlette.responses import Response

from quaero.web.state import WebState

router = APIRouter()

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/metrics")
async def metrics(web: WebState) -> Response:
    """The metrics of this server, and of the store that it shares with all other processes."""
    await web.collector.refresh()
    return Response(generate_latest(web.meters.registry), media_type=MEDIA_TYPE)
