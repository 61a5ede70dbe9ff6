"""What a body may be: JSON of a bounded length and depth that arrives in time."""

import asyncio
import re
from typing import Final

from starlette.types import Message, Receive

from quaero.web.problems import BodyRefusedError, Problem

MOST_BYTES: Final = 1_000_000
DEEPEST: Final = 64
SECONDS: Final = 30.0
"""How long a whole body may take to arrive, from when it is first asked for."""

TOO_LARGE: Final = Problem(413, "request_too_large", f"a body may have {MOST_BYTES:,} bytes")
TOO_DEEP: Final = Problem(400, "invalid_request", f"the body is nested more than {DEEPEST} deep")
TOO_SLOW: Final = Problem(408, "body_too_slow", f"the body did not arrive within {SECONDS:.0f} seconds")

_TOKENS = re.compile(rb'\\.|["\[\]{}]', re.DOTALL)


def too_deep(body: bytes) -> bool:
    """Whether a JSON text is nested deeper than anything that is meant."""
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return False
    depth, in_text = 0, False
    for token in _TOKENS.finditer(body):
        match token[0]:
            case b'"':
                in_text = not in_text
            case b"[" | b"{" if not in_text:
                depth += 1
                if depth > DEEPEST:
                    return True
            case b"]" | b"}" if not in_text:
                depth -= 1
    return False


class Bounded:
    """A `receive` that raises `BodyRefusedError` for a body that is too large, too deep or too slow."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._until: float | None = None
        self._parts: list[bytes] = []
        self._size = 0
        self._complete = False

    async def __call__(self) -> Message:
        if self._complete:
            return await self._receive()  # it waits for the end of the connection
        if self._until is None:
            self._until = asyncio.get_running_loop().time() + SECONDS
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise BodyRefusedError(TOO_SLOW) from None
        self._take(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._complete:
            if too_deep(b"".join(self._parts)):
                raise BodyRefusedError(TOO_DEEP)
            self._parts.clear()
        return message

    def _take(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > MOST_BYTES:
            raise BodyRefusedError(TOO_LARGE)
        self._parts.append(part)
