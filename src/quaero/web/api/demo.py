"""`/api/demo`: the sample site, crawled and indexed; nothing leaves this machine."""

from fastapi import APIRouter
from starlette.responses import Response

from quaero.demo.definition import DEMO_ID, demo_definition
from quaero.web.once import STARTED, StartedShape, StartsOnce
from quaero.web.state import WebState

router = APIRouter(tags=["demo"])


@router.post("/demo", response_model=StartedShape, status_code=202, responses=STARTED)
async def start_demo(web: WebState, once: StartsOnce) -> Response:
    """Crawl the sample site that comes with the program. While that goes on, it is not started a second time."""
    control, store = web.engine.control, web.engine.store

    async def launch(key: str | None, request: str | None) -> int:
        definition = demo_definition(await web.sample_site.url(web.closing))
        open_run = await store.open_run(DEMO_ID)
        if open_run is not None:
            if (await store.run(open_run)).definition == definition:
                return open_run
            await control.cancel(open_run)  # of an earlier server: its site is gone
        return await control.launch(definition, key=key, request=request)

    async with web.sample_site.turn:
        return await once.start(launch)
