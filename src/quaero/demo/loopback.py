"""A small HTTP server on the loopback address: GET and HEAD, keep-alive, pipelining, conditional requests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

from quaero.demo.answer import Answer

Answering = Callable[[str], Answer]
"""From a request's target (path and query, as sent) to its answer. Must not block."""

_HOST: Final = "127.0.0.1"
_MAX_HEAD_BYTES: Final = 65_536
_END_OF_HEAD: Final = b"\r\n\r\n"


@asynccontextmanager
async def loopback_server(answering: Answering, port: int = 0) -> AsyncIterator[str]:
    """Serve until the block ends; yields the URL of the root, without a slash at its end.

    Port 0 means a free one. Raises OSError if the port is taken.
    """
    connections: set[asyncio.Transport] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(answering, connections), _HOST, port)
    try:
        yield f"http://{_HOST}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for connection in tuple(connections):
            connection.abort()
        await server.wait_closed()


class _Connection(asyncio.Protocol):
    def __init__(self, answering: Answering, connections: set[asyncio.Transport]) -> None:
        self._answering = answering
        self._connections = connections
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what TCP servers get
        self._transport = transport
        self._connections.add(transport)

    def connection_lost(self, _error: Exception | None) -> None:
        self._connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(_END_OF_HEAD)) >= 0 and not self._transport.is_closing():
            head = bytes(self._received[:end])
            del self._received[: end + len(_END_OF_HEAD)]
            self._respond(head)
        if len(self._received) > _MAX_HEAD_BYTES:
            self._transport.abort()

    def _respond(self, head: bytes) -> None:
        request_line, _, fields = head.decode("latin-1").partition("\r\n")
        method, _, rest = request_line.partition(" ")
        target, _, version = rest.rpartition(" ")
        fields = fields.lower()
        if method in ("GET", "HEAD"):
            response = _response(self._answering(target), _field(fields, "if-none-match"), method == "GET")
        else:
            response = _response(Answer(HTTPStatus.METHOD_NOT_ALLOWED), "", True)
        self._transport.write(response)
        # The body of another method would be taken for the next request.
        if method not in ("GET", "HEAD") or version != "HTTP/1.1" or _field(fields, "connection") == "close":
            self._transport.close()


def _response(answer: Answer, known_etag: str, with_body: bool) -> bytes:
    status, body = answer.status, answer.body
    if status is HTTPStatus.OK and known_etag == answer.etag:
        status, body = HTTPStatus.NOT_MODIFIED, b""
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\nETag: {answer.etag}\r\n"
    if status is not HTTPStatus.NOT_MODIFIED:
        head += f"Content-Length: {len(body)}\r\n"
    if answer.content_type:
        head += f"Content-Type: {answer.content_type}\r\n"
    if answer.location:
        head += f"Location: {answer.location}\r\n"
    return f"{head}\r\n".encode("latin-1") + (body if with_body else b"")


def _field(fields: str, name: str) -> str:
    """The value of a header field, given all fields in lower case; empty if it is not there."""
    if name not in fields:
        return ""
    for line in fields.split("\r\n"):
        key, _, value = line.partition(":")
        if key == name:
            return value.strip()
    return ""
