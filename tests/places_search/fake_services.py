"""Services for places on the loopback address: they answer what a test tells them to, and note what they are asked."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

MOST_REQUESTS = 100
"""No test sends more: a loop that does not end is cut off."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came; header names in small letters."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def parameters(self) -> dict[str, str]:
        """Those of the query, or of a form in the body."""
        text = urlsplit(self.target).query or self.body.decode()
        return {name: values[0] for name, values in parse_qs(text).items()}

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """`body`: bytes, or what is sent as JSON. `cut`: the connection ends in the middle. `stuck`: it never comes."""

    body: object = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    stuck: bool = False

    def raw(self) -> bytes:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        phrase = HTTPStatus(self.status).phrase
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **self.headers}
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{name}: {each}" for name, each in headers.items())]
        whole = "\r\n".join([*lines, "", ""]).encode() + body
        return whole[: len(whole) - len(body) // 2] if self.cut else whole


Answering = Callable[[Asked], Reply]


@dataclass(slots=True)
class FakeService:
    """Answers each request by `answering`; `asked` are those that came."""

    answering: Answering = lambda _: Reply([])
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    def says(self, *replies: object) -> None:
        """Answer with these, one after the other, and then always with the last; what is no `Reply` is JSON."""
        waiting = [each if isinstance(each, Reply) else Reply(each) for each in replies]
        self.answering = lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while len(self.asked) < MOST_REQUESTS:
                asked = await _read(reader)
                self.asked.append(asked)
                reply = self.answering(asked)
                if reply.stuck:
                    await reader.read()  # until the client gives up
                    break
                writer.write(reply.raw())
                await writer.drain()
                if reply.cut:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Asked:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, target, headers, body)


@asynccontextmanager
async def fake_service() -> AsyncIterator[FakeService]:
    service, open_connections = FakeService(), set[asyncio.StreamWriter]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_connections.add(writer)
        await service.serve(reader, writer)
        open_connections.discard(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield service
    finally:
        server.close()
        for writer in tuple(open_connections):
            writer.transport.abort()
        await server.wait_closed()
