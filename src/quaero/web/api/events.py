"""`/api/events`: what happens, as a stream or page by page."""

from contextlib import aclosing
from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Header, Query
from starlette.responses import Response
from typing_extensions import TypedDict

from quaero.models.duration import parse_duration
from quaero.models.errors import NotFoundError, UsageError
from quaero.models.feed_position import MOST_NAMED
from quaero.models.job import JobKind
from quaero.views.event_shapes import EventShape
from quaero.web.feed.stream import EventStream, unless
from quaero.web.replies import Reply
from quaero.web.state import Web, WebState

router = APIRouter(tags=["events"])

MOST_RUNS: Final = 50
LONGEST_WAIT_MS: Final = 20_000
LONGEST_POSITION: Final = MOST_NAMED * 40

Runs = Annotated[
    list[str],
    Query(alias="run", max_length=MOST_RUNS, description="Only these runs, by id; none: all."),
]
After = Annotated[
    str | None,
    Query(description="A position: what comes after it. Without it: what happens from now on."),
]
Wait = Annotated[
    str,
    Query(max_length=20, description='With JSON: how long to wait for an event, up to "20s".'),
]


class EventPage(TypedDict):
    """Events, and the position to ask on from. `reset`: some were missed; what is known of the runs is out of date."""

    events: list[EventShape]
    position: str
    reset: bool


STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A stream of server-sent events, or one page of JSON",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'id: 12.340\nevent: job_log\ndata: {"number": 340}\n\n',
            }
        },
    }
}


@router.get("/events", response_model=EventPage, responses=STREAM)
async def get_events(
    web: WebState,
    run: Runs = [],  # noqa: B006 - FastAPI copies it
    children: Annotated[
        bool, Query(description="Also what concerns child jobs; false: only runs and their steps.")
    ] = True,
    after: After = None,
    wait: Wait = "0s",
    form: Annotated[
        Literal["stream", "json"] | None, Query(alias="format", description='"json": one page.')
    ] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
    last_event_id: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Follow what happens.

    A stream sends each event as a message with the position after it as its id; a browser shows the last one when it
    connects again (`Last-Event-ID`), and goes on without a gap. The first message is `hello`, with the position from
    which on everything comes. `reset` says that events are missing: read anew what you show. Of several reports of the
    progress of one job only the last is sent. With `Accept: application/json` or `format=json` the answer is one page.
    """
    runs = frozenset([await _run_id(web, text) for text in run])
    position = last_event_id if last_event_id is not None else after
    if form == "json" or (form is None and accept.startswith("application/json")):
        return await _page(web, runs, position, _wait_ms(wait), parents_only=not children)
    web.feed.make_room()
    return EventStream(web.feed.follow(runs, position, parents_only=not children), web.closing)


async def _run_id(web: Web, text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    job = await web.engine.store.job(number) if number else None
    if job is None or job.kind is not JobKind.RUN:
        raise NotFoundError(f"there is no run {text[:40]}", remedy="See: quaero jobs list --root")
    return number


def _wait_ms(text: str) -> int:
    milliseconds = parse_duration(text)
    if milliseconds > LONGEST_WAIT_MS:
        raise UsageError("wait can be 20 seconds at most", remedy="Ask again with the position of the answer")
    return milliseconds


async def _page(
    web: Web, runs: frozenset[int], position: str | None, wait_ms: int, *, parents_only: bool
) -> Response:
    """The first events that there are, or none after so long."""
    web.feed.make_room()
    follow = web.feed.follow(runs, position, parents_only=parents_only, patience=wait_ms / 1_000)
    async with aclosing(follow) as pieces:
        piece = await unless(web.closing, anext(pieces))
    if piece is None:
        return Reply(EventPage(events=[], position=position or "", reset=False))
    raw = [msgspec.Raw(entry.json) for entry in piece.entries]
    return Reply({"events": raw, "position": piece.end.text, "reset": piece.reset})
