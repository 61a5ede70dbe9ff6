import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from quaero.crawler.fetch import Fetcher
from quaero.crawler.response import FetchLimits
from quaero.models.errors import FetchError
from tests.crawler.misbehaving_server import PAGE, Exchange, MisbehavingServer

HURRIED = FetchLimits(deadline_seconds=0.2)


@pytest.fixture
async def fetcher(server: MisbehavingServer) -> AsyncIterator[Fetcher]:
    async with Fetcher(user_agent="quaero-test", allow_private=frozenset({server.host})) as ready:
        yield ready


async def failure(fetcher: Fetcher, url: str, limits: FetchLimits | None = None) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(url, limits=limits)
    return caught.value


async def test_a_page_arrives_with_everything_that_was_said_about_it(
    server: MisbehavingServer, fetcher: Fetcher
) -> None:
    response = await fetcher.fetch(server.url("/page#part"))
    assert (response.status, response.body) == (200, PAGE)
    assert (response.media_type, response.charset) == ("text/html", "utf-8")
    assert response.requested_url == server.url("/page#part")
    assert response.url == server.url("/page")
    assert response.headers["content-length"] == str(len(PAGE))
    assert response.redirects == ()
    assert 0 < response.elapsed_seconds < 5


async def test_requests_name_their_sender_and_the_encodings_that_can_be_bounded(
    server: MisbehavingServer, fetcher: Fetcher
) -> None:
    await fetcher.fetch(server.url("/page"))
    headers = server.requests[0].headers
    assert headers["user-agent"] == "quaero-test"
    assert headers["accept-encoding"] == "gzip, deflate"


async def test_requests_share_one_connection(server: MisbehavingServer, fetcher: Fetcher) -> None:
    for path in ("/page", "/onward/2", "/gzip"):
        await fetcher.fetch(server.url(path))
    await failure(fetcher, server.url("/nowhere"))
    await fetcher.fetch(server.url("/page"))
    assert {request.connection for request in server.requests} == {1}


@pytest.mark.parametrize("path", ["/gzip", "/gzip-members", "/deflate", "/deflate-bare", "/untyped"])
async def test_an_encoded_page_is_decoded(server: MisbehavingServer, fetcher: Fetcher, path: str) -> None:
    assert (await fetcher.fetch(server.url(path))).body == PAGE


@pytest.mark.parametrize(
    ("path", "code", "retryable"),
    [
        ("/hang-up", "unreachable", True),
        ("/cut-length", "body_cut", True),
        ("/cut-chunk", "body_cut", True),
        ("/cut-chunks", "body_cut", True),
        ("/bad-chunk", "bad_response", False),
        ("/bad-chunk-later", "body_cut", True),
        ("/gzip-cut", "body_cut", True),
        ("/gzip-damaged", "bad_encoding", False),
        ("/gzip-not", "bad_encoding", False),
        ("/gzip-countless", "bad_encoding", False),
        ("/encoding", "bad_encoding", False),
        ("/gzip-bomb", "body_too_large", False),
        ("/50mb", "body_too_large", False),
        ("/endless", "body_too_large", False),
        ("/huge-header", "bad_response", False),
        ("/many-headers", "bad_response", False),
        ("/not-http", "bad_response", False),
        ("/video", "content_type_refused", False),
        ("/loop-a", "redirect_loop", False),
        ("/onward/11", "too_many_redirects", False),
        ("/nowhere", "http_404", False),
    ],
)
async def test_a_failure_has_a_code_and_tells_whether_a_retry_can_help(
    server: MisbehavingServer, fetcher: Fetcher, path: str, code: str, retryable: bool
) -> None:
    error = await failure(fetcher, server.url(path))
    assert (error.code, error.retryable) == (code, retryable)


@pytest.mark.parametrize("path", ["/stall", "/stall-body", "/drip"])
async def test_the_deadline_covers_everything_up_to_the_last_byte(
    server: MisbehavingServer, fetcher: Fetcher, path: str
) -> None:
    error = await failure(fetcher, server.url(path), HURRIED)
    assert (error.code, error.retryable) == ("timeout", True)


async def test_the_deadline_is_one_for_all_redirects(server: MisbehavingServer, fetcher: Fetcher) -> None:
    hop = 0

    async def slow_hop(exchange: Exchange) -> None:
        nonlocal hop
        hop += 1
        await asyncio.sleep(0.05)
        await exchange.answer(status=302, location=f"/slow/{hop}")

    server.on("/slow", slow_hop)
    assert (await failure(fetcher, server.url("/slow/0"), HURRIED)).code == "timeout"


async def test_a_connection_is_not_used_again_after_more_bytes_than_announced(
    server: MisbehavingServer, fetcher: Fetcher
) -> None:
    assert (await fetcher.fetch(server.url("/longer"))).body == b"12345"
    assert (await fetcher.fetch(server.url("/page"))).body == PAGE
    assert [request.connection for request in server.requests] == [1, 2]


async def test_a_body_may_be_exactly_as_long_as_its_limit(
    server: MisbehavingServer, fetcher: Fetcher
) -> None:
    for path in ("/page", "/gzip"):
        assert (await fetcher.fetch(server.url(path), limits=FetchLimits(body_bytes=len(PAGE)))).body == PAGE
        error = await failure(fetcher, server.url(path), FetchLimits(body_bytes=len(PAGE) - 1))
        assert error.code == "body_too_large"


@pytest.mark.parametrize("path", ["/50mb", "/endless", "/gzip-bomb"])
async def test_a_body_can_be_cut_at_its_limit_when_that_is_wanted(
    server: MisbehavingServer, fetcher: Fetcher, path: str
) -> None:
    response = await fetcher.fetch(server.url(path), limits=FetchLimits(body_bytes=70_000, cut_body=True))
    assert response.body == bytes(70_000)


async def test_a_redirect_is_followed_and_recorded(server: MisbehavingServer, fetcher: Fetcher) -> None:
    response = await fetcher.fetch(server.url("/onward/2"))
    assert response.url == server.url("/onward/0")
    assert response.redirects == (server.url("/onward/1"), server.url("/onward/0"))


async def test_ten_redirects_are_followed(server: MisbehavingServer, fetcher: Fetcher) -> None:
    assert len((await fetcher.fetch(server.url("/onward/10"))).redirects) == 10


async def test_a_loop_is_left_before_anything_is_asked_for_twice(
    server: MisbehavingServer, fetcher: Fetcher
) -> None:
    assert (await failure(fetcher, server.url("/loop-a"))).code == "redirect_loop"
    assert server.paths() == ["/loop-a", "/loop-b"]


async def test_a_redirect_target_loses_its_fragment(server: MisbehavingServer, fetcher: Fetcher) -> None:
    server.redirect("/old", "/page#chapter")
    assert (await fetcher.fetch(server.url("/old"))).url == server.url("/page")


async def test_a_redirect_target_in_raw_bytes_is_escaped(server: MisbehavingServer, fetcher: Fetcher) -> None:
    server.redirect("/old", "/caf\xe9")
    server.serve("/caf%E9", PAGE)
    assert (await fetcher.fetch(server.url("/old"))).url == server.url("/caf%E9")


async def test_a_redirect_that_the_caller_does_not_want_is_not_requested(
    server: MisbehavingServer, fetcher: Fetcher
) -> None:
    asked: list[str] = []

    def nowhere(url: str) -> bool:
        asked.append(url)
        return False

    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(server.url("/onward/1"), may_follow=nowhere)
    assert caught.value.code == "redirect_out_of_scope"
    assert asked == [server.url("/onward/0")]
    assert server.paths() == ["/onward/1"]


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://example.org/", "http://user@example.org/", "//"]
)
async def test_a_redirect_to_something_else_than_a_page_is_refused(
    server: MisbehavingServer, fetcher: Fetcher, target: str
) -> None:
    server.redirect("/old", target)
    assert (await failure(fetcher, server.url("/old"))).code == "redirect_refused"


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:1/",
        "http://localhost:1/",
        "http://[::1]:1/",
        "http://[::ffff:127.0.0.1]:1/",
        "http://2130706433:1/",
        "http://0x7f.1:1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[64:ff9b::7f00:1]/",
    ],
)
async def test_a_redirect_into_the_private_network_is_refused(
    server: MisbehavingServer, fetcher: Fetcher, target: str
) -> None:
    server.redirect("/old", target)
    error = await failure(fetcher, server.url("/old"))
    assert (error.code, error.retryable) == ("address_refused", False)


async def test_without_leave_a_private_address_is_not_even_connected_to(server: MisbehavingServer) -> None:
    async with Fetcher(user_agent="quaero-test") as fetcher:
        for host in ("127.0.0.1", "localhost"):
            assert (await failure(fetcher, f"http://{host}:{server.port}/page")).code == "address_refused"
    assert server.requests == []


async def test_leave_for_a_name_lets_that_name_through(server: MisbehavingServer) -> None:
    allowed = frozenset({f"localhost:{server.port}"})
    async with Fetcher(user_agent="quaero-test", allow_private=allowed) as fetcher:
        assert (await fetcher.fetch(f"http://localhost:{server.port}/page")).body == PAGE
        assert (await failure(fetcher, server.url("/page"))).code == "address_refused"


async def test_headers_of_the_caller_stay_with_the_origin_they_are_meant_for(
    server: MisbehavingServer, fetcher: Fetcher
) -> None:
    server.redirect("/near", "/page")
    server.redirect("/far", f"http://localhost:{server.port}/page")
    allowed = frozenset({server.host, f"localhost:{server.port}"})
    async with Fetcher(user_agent="quaero-test", allow_private=allowed) as both:
        await both.fetch(server.url("/near"), headers={"X-Key": "secret"})
        await both.fetch(server.url("/far"), headers={"X-Key": "secret"})
    assert ["x-key" in request.headers for request in server.requests] == [True, True, True, False]


async def test_cookies_of_a_server_are_not_kept(server: MisbehavingServer, fetcher: Fetcher) -> None:
    server.serve("/cookie", PAGE, set_cookie="session=1; Path=/")
    await fetcher.fetch(server.url("/cookie"))
    await fetcher.fetch(server.url("/page"))
    assert "cookie" not in server.requests[-1].headers


async def test_an_unchanged_page_is_an_answer_to_a_conditional_request_only(
    server: MisbehavingServer, fetcher: Fetcher
) -> None:
    async def unchanged(exchange: Exchange) -> None:
        await exchange.send(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')

    server.on("/same", unchanged)
    response = await fetcher.fetch(server.url("/same"), headers={"If-None-Match": '"1"'})
    assert (response.status, response.body) == (304, b"")
    assert (await failure(fetcher, server.url("/same"))).code == "http_304"


async def test_the_wait_that_a_server_asks_for_is_handed_on(
    server: MisbehavingServer, fetcher: Fetcher
) -> None:
    busy = await failure(fetcher, server.url("/429"))
    assert (busy.code, busy.retryable, busy.retry_after) == ("http_429", True, 7.0)
    down = await failure(fetcher, server.url("/503"))
    assert (down.code, down.retryable, down.retry_after) == ("http_503", True, 120.0)


async def test_an_unknown_charset_is_left_to_the_reader(server: MisbehavingServer, fetcher: Fetcher) -> None:
    response = await fetcher.fetch(server.url("/charset"))
    assert (response.charset, response.body) == ("klingon-8", b"caf\xe9")


async def test_other_media_types_come_through_when_they_are_wanted(
    server: MisbehavingServer, fetcher: Fetcher
) -> None:
    server.serve("/paper", b"%PDF", content_type="Application/PDF")
    for accept in (frozenset({"application/pdf"}), None):
        assert (await fetcher.fetch(server.url("/paper"), accept=accept)).media_type == "application/pdf"


async def test_a_port_where_nobody_listens_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        host = f"127.0.0.1:{taken.getsockname()[1]}"
    async with Fetcher(user_agent="quaero-test", allow_private=frozenset({host})) as fetcher:
        error = await failure(fetcher, f"http://{host}/")
    assert (error.code, error.retryable) == ("unreachable", True)


async def test_a_name_that_does_not_exist_is_unreachable(fetcher: Fetcher) -> None:
    error = await failure(fetcher, "http://no-such-host.invalid/")
    assert (error.code, error.retryable) == ("unreachable", True)


async def test_tls_with_a_server_that_speaks_none_fails() -> None:
    async def speak_first(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org ESMTP\r\n")
        writer.close()

    async with await asyncio.start_server(speak_first, "127.0.0.1", 0) as plain:
        host = f"127.0.0.1:{plain.sockets[0].getsockname()[1]}"
        async with Fetcher(user_agent="quaero-test", allow_private=frozenset({host})) as fetcher:
            error = await failure(fetcher, f"https://{host}/page")
    assert (error.code, error.retryable) == ("tls_failed", False)


@pytest.mark.parametrize(
    "url", ["", "page", "file:///etc/passwd", "http://", "http://user:word@example.org/"]
)
async def test_what_is_no_page_url_is_refused(fetcher: Fetcher, url: str) -> None:
    assert (await failure(fetcher, url)).code == "url_refused"
