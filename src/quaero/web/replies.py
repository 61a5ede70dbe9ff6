"""Answers of the API: shapes as JSON. What a route declares as its model is what its shape is typed as."""

from typing import Any

import msgspec
from starlette.responses import Response


class Reply(Response):
    """A shape as JSON. It is not checked on its way out: types and tests see to that."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return msgspec.json.encode(content)
