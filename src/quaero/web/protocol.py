"""HTTP on the wire: uvicorn's, but for clients that speak no HTTP, or take for ever to say what they want."""

import asyncio
from typing import Any, Final

import h11
import msgspec
from uvicorn.protocols.http.h11_impl import H11Protocol

from quaero.web.problems import MEDIA_TYPE, Problem

HEAD_SECONDS: Final = 20.0
"""How long the head of a request may take to arrive."""
_BAD_HTTP: Final = Problem(
    400, "bad_http", "this is no HTTP that can be understood", headers={"connection": "close"}
)


class Protocol(H11Protocol):
    """One connection."""

    _head_until: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._head_until is None and self.conn.trailing_data[0]:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()  # in the middle of an answer
            return
        body = msgspec.json.encode(_BAD_HTTP.shape(self.config.root_path))
        head = h11.Response(
            status_code=_BAD_HTTP.status,
            headers=[
                ("content-type", MEDIA_TYPE),
                ("content-length", str(len(body))),
                *_BAD_HTTP.headers.items(),
            ],
        )
        parts: list[Any] = [head, h11.Data(data=body), h11.EndOfMessage()]
        for part in parts:
            self.transport.write(self.conn.send(part) or b"")
        self.transport.close()

    def _wait_for_head(self) -> None:
        self._head_until = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._head_until is not None:
            self._head_until.cancel()
            self._head_until = None
