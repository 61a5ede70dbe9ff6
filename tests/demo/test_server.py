"""The demo site over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from http import HTTPStatus
from urllib.parse import urlsplit

from quaero.demo.answer import Answer
from quaero.demo.loopback import loopback_server
from quaero.demo.server import demo_site


@asynccontextmanager
async def connection(url: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def exchange(url: str, request: str) -> bytes:
    """Send a request as it stands; all that the server sends until it closes the connection."""
    async with connection(url) as (reader, writer):
        writer.write(request.encode("latin-1"))
        return await reader.read()


async def get(url: str, target: str, *fields: str) -> tuple[bytes, bytes]:
    """Head and body of the answer to one GET."""
    lines = [f"GET {target} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *fields, "", ""]
    head, _, body = (await exchange(url, "\r\n".join(lines))).partition(b"\r\n\r\n")
    return head, body


async def test_a_page_is_served_whole() -> None:
    async with demo_site() as site:
        head, body = await get(site.url, "/jobs/leases.html")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert body.rstrip().endswith(b"</html>")


async def test_a_query_is_ignored_and_an_escape_understood() -> None:
    async with demo_site() as site:
        plain, _ = await get(site.url, "/crawl/robots.html")
        odd, _ = await get(site.url, "/crawl/%72obots.html?x=1")
    assert odd == plain


async def test_a_redirect_names_its_target() -> None:
    async with demo_site() as site:
        head, body = await get(site.url, "/today")
    assert head.startswith(b"HTTP/1.1 302 Found\r\n")
    assert b"\r\nLocation: /journal/" in head
    assert body == b""


async def test_what_does_not_exist_is_not_found() -> None:
    async with demo_site() as site:
        head, _ = await get(site.url, "/crawl/lost-page.html")
    assert head.startswith(b"HTTP/1.1 404 ")


async def test_the_site_remembers_what_it_was_asked() -> None:
    async with demo_site() as site:
        await get(site.url, "/today?now")
        await get(site.url, "/robots.txt")
        assert site.requests == ["/today?now", "/robots.txt"]


async def test_two_sites_at_a_time_do_not_meet() -> None:
    async with demo_site() as one, demo_site() as other:
        await get(one.url, "/")
        assert one.url != other.url
        assert other.requests == []


def echo(target: str) -> Answer:
    return Answer(HTTPStatus.OK, "text/plain", target.encode())


async def test_requests_of_one_connection_are_answered_in_order() -> None:
    first, last = "GET /1 HTTP/1.1\r\n\r\n", "GET /2 HTTP/1.1\r\nConnection: Close\r\n\r\n"
    async with loopback_server(echo) as url:
        received = await exchange(url, first + last)
    assert [part[-2:] for part in received.split(b"HTTP/1.1 200")[1:]] == [b"/1", b"/2"]


async def test_a_request_may_arrive_in_pieces() -> None:
    async with loopback_server(echo) as url, connection(url) as (reader, writer):
        for piece in ("GET /sl", "ow HTTP/1.1\r", "\n\r\n"):
            writer.write(piece.encode())
            await writer.drain()
        assert (await reader.readuntil(b"/slow")).startswith(b"HTTP/1.1 200")


async def test_a_page_that_the_client_knows_is_not_sent_again() -> None:
    async with loopback_server(echo) as url:
        head, _ = await get(url, "/a")
        etag = head.partition(b"ETag: ")[2].partition(b"\r\n")[0].decode()
        again, body = await get(url, "/a", f"If-None-Match: {etag}")
        other, _ = await get(url, "/b", f"If-None-Match: {etag}")
    assert again.startswith(b"HTTP/1.1 304 ")
    assert body == b""
    assert other.startswith(b"HTTP/1.1 200 ")


async def test_head_sends_no_body() -> None:
    async with loopback_server(echo) as url:
        received = await exchange(url, "HEAD /abc HTTP/1.0\r\n\r\n")
    assert b"Content-Length: 4\r\n" in received
    assert received.endswith(b"\r\n\r\n")


async def test_other_methods_are_refused() -> None:
    async with loopback_server(echo) as url:
        received = await exchange(url, "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello")
    assert received.startswith(b"HTTP/1.1 405 ")


async def test_a_head_without_end_closes_the_connection() -> None:
    received = b""
    async with loopback_server(echo) as url, asyncio.timeout(10):
        with suppress(ConnectionError):  # a close with bytes unread is a reset
            received = await exchange(url, "GET / HTTP/1.1\r\nX: " + "x" * 100_000)
    assert received == b""


async def test_leaving_closes_open_connections() -> None:
    async with AsyncExitStack() as stack:
        async with loopback_server(echo) as url:
            reader, writer = await stack.enter_async_context(connection(url))
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n/")
        async with asyncio.timeout(10):
            assert await reader.read() == b""
