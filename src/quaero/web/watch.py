"""Watches all requests: counts them, logs them, and records in the store what was changed and by whom."""

import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quaero.models.errors import QuaeroError
from quaero.store.audit import Act
from quaero.web.sender import address_of

UNMATCHED: Final = "-"
"""The operation of a request that no route took."""
_SAFE: Final = ("GET", "HEAD", "OPTIONS")
_LONGEST_PATH: Final = 500
_log = logging.getLogger("quaero.web")


class Meter(Protocol):
    """Is told of every request that was answered."""

    def asked(self, operation: str, method: str, status: int, seconds: float) -> None: ...


class Watch:
    """The outermost layer. An act is on record before whoever asked for it hears of its outcome."""

    def __init__(self, app: ASGIApp, record: Callable[[Act], Awaitable[None]], *meters: Meter) -> None:
        self._app, self._record, self._meters = app, record, meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = _Seen(scope, secrets.token_hex(8))

        async def watching(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                message.setdefault("headers", []).append((b"x-request-id", seen.request_id.encode()))
            elif not message.get("more_body", False) and (act := seen.act()) is not None:
                await self._keep(act)
            await send(message)

        try:
            await self._app(scope, receive, watching)
        finally:
            for meter in self._meters:
                meter.asked(seen.operation, scope["method"], seen.status, seen.seconds)
            _log.log(seen.level, "request", extra={"facts": seen.line()})

    async def _keep(self, act: Act) -> None:
        try:
            await self._record(act)
        except QuaeroError as error:  # whoever asked still has to hear what came of it
            _log.error("an act could not be recorded: %s", error.line(), extra={"facts": {"path": act.path}})


class _Seen:
    """What is known of one request."""

    def __init__(self, scope: Scope, request_id: str) -> None:
        self._scope, self._method, self._path = scope, scope["method"], scope["path"][:_LONGEST_PATH]
        self._began = time.monotonic()
        self.request_id = request_id
        self.status = 500

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    @property
    def operation(self) -> str:
        """The name of the route that took it."""
        return str(getattr(self._scope.get("route"), "name", None) or UNMATCHED)

    @property
    def level(self) -> int:
        if self.status >= 500:
            return logging.ERROR
        return logging.DEBUG if self._method in _SAFE and self.status < 400 else logging.INFO

    def act(self) -> Act | None:
        """What to record: whatever may have changed something, asked for by somebody who was let in."""
        shown = self._scope.get("quaero.shown")
        if self._method in _SAFE or self.operation == UNMATCHED or shown is None:
            return None
        code = str(self._scope.get("quaero.code", "")) if self.status >= 400 else ""
        address = address_of(self._scope)
        return Act(shown, address, self.operation, self._method, self._path, self.status, code)

    def line(self) -> dict[str, object]:
        known = {
            key: self._scope[f"quaero.{key}"] for key in ("shown", "code") if f"quaero.{key}" in self._scope
        }
        return {
            "request_id": self.request_id,
            "method": self._method,
            "path": self._path,
            "status": self.status,
            "milliseconds": round(self.seconds * 1_000, 1),
            "operation": self.operation,
            "address": address_of(self._scope),
            **known,
        }
