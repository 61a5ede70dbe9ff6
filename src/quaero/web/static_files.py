"""Our own scripts and styles, under a path that changes with them."""

from starlette.responses import Response
from starlette.staticfiles import StaticFiles as Files
from starlette.types import Scope

from quaero.web.rendering import STATIC


class StaticFiles(Files):
    """`/static/FINGERPRINT/app.css`: kept by browsers for ever under the present fingerprint, else not at all."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__(directory=STATIC)
        self._fingerprint = fingerprint

    async def get_response(self, path: str, scope: Scope) -> Response:
        fingerprint, _, rest = path.partition("/")
        response = await super().get_response(rest, scope)
        if fingerprint == self._fingerprint:
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response
