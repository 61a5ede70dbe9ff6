"""Requests that start work and may be sent again: with the same `Idempotency-Key` they start it once."""

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from fastapi import Depends, Header, Request
from starlette.responses import Response
from typing_extensions import TypedDict

from quaero.jobs.control import KEYS_OF_REQUESTS
from quaero.models.errors import QuaeroError
from quaero.store.store import Store
from quaero.store.transitions.launch import LONGEST_KEY
from quaero.web.replies import Reply
from quaero.web.state import WebState

Key = tuple[str | None, str | None]
"""The key of a launch and the hash of its request; see `LaunchOptions`."""

MEANING: Final = (
    "Any text that is new for each thing that you want. The same request with it again starts nothing anew."
)


class StartedShape(TypedDict):
    """The run that does the work."""

    job_id: str


STARTED: Final[dict[int | str, dict[str, Any]]] = {
    202: {
        "model": StartedShape,
        "description": "The work is in the queue.",
        "headers": {"Location": {"description": "Where the run is.", "schema": {"type": "string"}}},
    }
}
"""What a route declares that starts work."""


@dataclass(frozen=True, slots=True)
class Once:
    """One request that starts work. `key`, `request`: none where it may start it again and again."""

    store: Store
    base_path: str
    key: str | None = None
    request: str | None = None

    async def start(self, launch: Callable[[str | None, str | None], Awaitable[int]]) -> Response:
        """Call `launch(key, request)`, unless the request has started its run before; the answer with that run."""
        run_id = await self._known()
        if run_id is None:
            try:
                run_id = await launch(self.key, self.request)
            except QuaeroError:
                run_id = await self._known()  # the same request may have been quicker
                if run_id is None:
                    raise
        return started(run_id, self.base_path)

    async def _known(self) -> int | None:
        if self.key is None or self.request is None:
            return None
        return await self.store.run_of_request(self.key, self.request)


def started(run_id: int, base_path: str) -> Response:
    """202 with the run that does the work."""
    headers = {"Location": f"{base_path}/api/jobs/{run_id}"}
    return Reply(StartedShape(job_id=str(run_id)), 202, headers)


async def _once(
    request: Request,
    web: WebState,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=LONGEST_KEY - len(KEYS_OF_REQUESTS),
            pattern=r"^[\x21-\x7e]+$",
            description=MEANING,
        ),
    ] = None,
) -> Once:
    store, base_path = web.engine.store, web.rendering.base_path
    if key is None:
        return Once(store, base_path)
    return Once(store, base_path, f"{KEYS_OF_REQUESTS}{key}", await _hash_of(request))


StartsOnce = Annotated[Once, Depends(_once)]
"""The type of a parameter of a route that starts work."""


async def _hash_of(request: Request) -> str:
    """The same for the same request, however its JSON is written."""
    body = await request.body() or b"{}"
    with suppress(msgspec.DecodeError, RecursionError):
        body = msgspec.json.encode(msgspec.json.decode(body), order="sorted")
    head = f"{request.method} {request.url.path}?{request.url.query}\n"
    return hashlib.blake2b(head.encode() + body, digest_size=16).hexdigest()
