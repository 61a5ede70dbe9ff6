"""A local web server that misbehaves: each path is one way in which real servers fail their readers."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

PAGE = b"<!doctype html><title>Page</title><h1>A page</h1>"
MEGABYTE = bytes(1_000_000)


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    headers: dict[str, str]
    connection: int


@dataclass(slots=True)
class Exchange:
    """One request and the raw way to answer it."""

    request: Request
    writer: asyncio.StreamWriter
    closing: asyncio.Event

    async def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def answer(self, body: bytes = b"", status: int = 200, **headers: str) -> None:
        await self.send(head(status, content_length=str(len(body)), **headers) + body)

    async def stall(self) -> None:
        await self.closing.wait()


Behaviour = Callable[[Exchange], Awaitable[None]]


def head(status: int = 200, **headers: str) -> bytes:
    """A response head; the underscores of header names are dashes on the wire."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    named = {"content_type": "text/html; charset=utf-8", **headers}
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in named.items() if value]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def page(exchange: Exchange) -> None:
    await exchange.answer(PAGE)


async def stall_before_the_head(exchange: Exchange) -> None:
    await exchange.stall()


async def stall_in_the_body(exchange: Exchange) -> None:
    await exchange.send(head(content_length="1000"), b"<p>so far")
    await exchange.stall()


async def drip(exchange: Exchange) -> None:
    await exchange.send(head(content_length="100000"))
    while not exchange.closing.is_set():
        await exchange.send(b"x")
        await asyncio.sleep(0.01)


async def hang_up(exchange: Exchange) -> None:
    exchange.writer.close()


async def cut_by_length(exchange: Exchange) -> None:
    await exchange.send(head(content_length="1000"), b"<p>short")
    exchange.writer.close()


async def cut_in_a_chunk(exchange: Exchange) -> None:
    await exchange.send(head(transfer_encoding="chunked"), b"3e8\r\n<p>short")
    exchange.writer.close()


async def cut_between_chunks(exchange: Exchange) -> None:
    await exchange.send(head(transfer_encoding="chunked"), b"8\r\n<p>short\r\n")
    exchange.writer.close()


async def bad_chunk_size(exchange: Exchange) -> None:
    await exchange.send(head(transfer_encoding="chunked") + b"many\r\n<p>short\r\n0\r\n\r\n")


async def bad_chunk_size_later(exchange: Exchange) -> None:
    await exchange.send(head(transfer_encoding="chunked"), b"8\r\n<p>short\r\n")
    await asyncio.sleep(0.05)  # so that the reader is inside the body by then
    await exchange.send(b"many\r\n")


async def longer_than_said(exchange: Exchange) -> None:
    await exchange.send(head(content_length="5") + b"12345HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n6")


async def gzipped(exchange: Exchange) -> None:
    await exchange.answer(gzip.compress(PAGE), content_encoding="gzip")


async def gzipped_in_members(exchange: Exchange) -> None:
    body = gzip.compress(PAGE[:10]) + gzip.compress(PAGE[10:]) + bytes(8)
    await exchange.answer(body, content_encoding="gzip")


async def gzipped_in_countless_members(exchange: Exchange) -> None:
    await exchange.answer(gzip.compress(b"") * 5000, content_encoding="gzip")


async def gzipped_and_cut(exchange: Exchange) -> None:
    await exchange.answer(gzip.compress(PAGE * 100)[:-20], content_encoding="gzip")


async def gzipped_and_damaged(exchange: Exchange) -> None:
    body = bytearray(gzip.compress(PAGE * 100))
    body[-8:-4] = b"\0\0\0\0"
    await exchange.answer(bytes(body), content_encoding="gzip")


async def not_gzipped_at_all(exchange: Exchange) -> None:
    await exchange.answer(PAGE, content_encoding="gzip")


async def gzip_bomb(exchange: Exchange) -> None:
    squeeze = zlib.compressobj(9, wbits=31)
    body = b"".join(squeeze.compress(MEGABYTE) for _ in range(60)) + squeeze.flush()
    await exchange.answer(body, content_encoding="gzip")


async def deflated(exchange: Exchange) -> None:
    await exchange.answer(zlib.compress(PAGE), content_encoding="deflate")


async def deflated_bare(exchange: Exchange) -> None:
    await exchange.answer(zlib.compress(PAGE)[2:-4], content_encoding="deflate")


async def unknown_encoding(exchange: Exchange) -> None:
    await exchange.answer(PAGE, content_encoding="rot13")


async def fifty_megabytes(exchange: Exchange) -> None:
    await exchange.send(head(content_length="50000000"), *[MEGABYTE] * 50)


async def endless(exchange: Exchange) -> None:
    await exchange.send(head(transfer_encoding="chunked"))
    while not exchange.closing.is_set():
        await exchange.send(b"f4240\r\n" + MEGABYTE + b"\r\n")


async def huge_header(exchange: Exchange) -> None:
    await exchange.answer(PAGE, x_large="x" * 100_000)


async def countless_headers(exchange: Exchange) -> None:
    many = b"".join(b"x-%d: y\r\n" % number for number in range(1000))
    await exchange.send(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n" + many + b"\r\n")


async def not_http(exchange: Exchange) -> None:
    await exchange.send(b"220 mail.example.org ESMTP\r\n")
    exchange.writer.close()


async def loop_a(exchange: Exchange) -> None:
    await exchange.answer(status=302, location="/loop-b#here")


async def loop_b(exchange: Exchange) -> None:
    await exchange.answer(status=302, location="/loop-a")


async def onward(exchange: Exchange) -> None:
    """`/onward/3` leads to `/onward/2`, ..., `/onward/0` is a page."""
    steps = int(exchange.request.path.rpartition("/")[2])
    if steps:
        await exchange.answer(b"moved", status=301, location=f"{steps - 1}")
    else:
        await exchange.answer(PAGE)


async def slow_down(exchange: Exchange) -> None:
    await exchange.answer(status=429, retry_after="7")


async def unavailable(exchange: Exchange) -> None:
    date, later = "Fri, 20 Nov 2026 08:00:00 GMT", "Fri, 20 Nov 2026 08:02:00 GMT"
    await exchange.answer(status=503, date=date, retry_after=later)


async def bad_charset(exchange: Exchange) -> None:
    await exchange.answer(b"caf\xe9", content_type="text/html; charset=klingon-8")


async def video(exchange: Exchange) -> None:
    await exchange.send(head(content_type="video/mp4", content_length="50000000"))
    await exchange.stall()


async def untyped(exchange: Exchange) -> None:
    await exchange.answer(PAGE, content_type="")


BEHAVIOURS: dict[str, Behaviour] = {
    "/page": page,
    "/stall": stall_before_the_head,
    "/stall-body": stall_in_the_body,
    "/drip": drip,
    "/hang-up": hang_up,
    "/cut-length": cut_by_length,
    "/cut-chunk": cut_in_a_chunk,
    "/cut-chunks": cut_between_chunks,
    "/bad-chunk": bad_chunk_size,
    "/bad-chunk-later": bad_chunk_size_later,
    "/longer": longer_than_said,
    "/gzip": gzipped,
    "/gzip-members": gzipped_in_members,
    "/gzip-countless": gzipped_in_countless_members,
    "/gzip-cut": gzipped_and_cut,
    "/gzip-damaged": gzipped_and_damaged,
    "/gzip-not": not_gzipped_at_all,
    "/gzip-bomb": gzip_bomb,
    "/deflate": deflated,
    "/deflate-bare": deflated_bare,
    "/encoding": unknown_encoding,
    "/50mb": fifty_megabytes,
    "/endless": endless,
    "/huge-header": huge_header,
    "/many-headers": countless_headers,
    "/not-http": not_http,
    "/loop-a": loop_a,
    "/loop-b": loop_b,
    "/onward": onward,
    "/429": slow_down,
    "/503": unavailable,
    "/charset": bad_charset,
    "/video": video,
    "/untyped": untyped,
}


@dataclass(slots=True)
class MisbehavingServer:
    """Answers by the longest part of the path that is known; `requests` tells what was asked."""

    port: int = 0
    requests: list[Request] = field(default_factory=list)
    _behaviours: dict[str, Behaviour] = field(default_factory=lambda: dict(BEHAVIOURS))
    _closing: asyncio.Event = field(default_factory=asyncio.Event)
    _connections: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)
    _connected: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    def on(self, path: str, behaviour: Behaviour) -> None:
        self._behaviours[path] = behaviour

    def redirect(self, path: str, location: str, status: int = 302) -> None:
        async def answer(exchange: Exchange) -> None:
            await exchange.answer(status=status, location=location)

        self.on(path, answer)

    def serve(self, path: str, body: bytes, status: int = 200, **headers: str) -> None:
        async def answer(exchange: Exchange) -> None:
            await exchange.answer(body, status=status, **headers)

        self.on(path, answer)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        self._connected += 1
        try:
            await self._converse(reader, writer, self._connected)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away, as it should from most of these
        finally:
            writer.close()
            del self._connections[task]

    async def close(self) -> None:
        self._closing.set()
        for writer in self._connections.values():
            writer.transport.abort()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int
    ) -> None:
        while not writer.is_closing():
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            path = lines[0].split(" ")[1]
            headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
            request = Request(path, headers, connection)
            self.requests.append(request)
            await self._behaviour(path)(Exchange(request, writer, self._closing))

    def _behaviour(self, path: str) -> Behaviour:
        known = path.partition("?")[0]
        while known and known not in self._behaviours:
            known = known.rpartition("/")[0]
        return self._behaviours.get(known, not_found)


async def not_found(exchange: Exchange) -> None:
    await exchange.answer(b"no such page", status=404)


@asynccontextmanager
async def running_server() -> AsyncIterator[MisbehavingServer]:
    """A server on a free loopback port, with every connection closed at the end."""
    misbehaving = MisbehavingServer()
    listening = await asyncio.start_server(misbehaving.handle, "127.0.0.1", 0)
    misbehaving.port = listening.sockets[0].getsockname()[1]
    yield misbehaving
    listening.close()
    await misbehaving.close()
    await listening.wait_closed()
