"""A fetch shows its credentials to their servers, however redirects lead, and to nobody else."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import pytest

from quaero.crawler.credentials import bearer, own_cookies, request_headers
from quaero.crawler.fetch import Credentials, Fetcher
from quaero.models.credential import Cookie, Credential
from quaero.models.errors import FetchError
from tests.crawler.misbehaving_server import MisbehavingServer, running_server

NOW = 1_700_000_000_000
VALUE = "nobody-may-see"
SHOWN = ("authorization", "cookie", "x-api-key")


@pytest.fixture
async def other() -> AsyncIterator[MisbehavingServer]:
    """A server of somebody else."""
    async with running_server() as running:
        yield running


@pytest.fixture
async def fetcher(server: MisbehavingServer, other: MisbehavingServer) -> AsyncIterator[Fetcher]:
    allowed = frozenset({server.host, other.host, f"localhost:{server.port}"})
    async with Fetcher(user_agent="quaero-test", allow_private=allowed) as ready:
        yield ready


def credentials(credential: Credential) -> Credentials:
    return lambda url: request_headers(credential, url, NOW)


def asked_with(server: MisbehavingServer) -> list[tuple[str, Mapping[str, str]]]:
    """The paths that a server was asked for, each with the credentials that it saw."""
    return [
        (request.path, {name: request.headers[name] for name in SHOWN if name in request.headers})
        for request in server.requests
    ]


async def test_a_redirect_to_another_server_takes_nothing_along(
    server: MisbehavingServer, other: MisbehavingServer, fetcher: Fetcher
) -> None:
    server.redirect("/away", other.url("/page"))
    own = f"http://{server.host}"
    for credential in (bearer([own], VALUE), own_cookies([own], {"sid": VALUE})):
        await fetcher.fetch(server.url("/away"), credentials=credentials(credential))
    assert asked_with(server) == [
        ("/away", {"authorization": f"bearer {VALUE}"}),
        ("/away", {"cookie": f"sid={VALUE}"}),
    ]
    assert asked_with(other) == [("/page", {})] * 2


async def test_there_and_back_again_it_is_shown_at_home_only(
    server: MisbehavingServer, other: MisbehavingServer, fetcher: Fetcher
) -> None:
    server.redirect("/away", other.url("/back"))
    other.redirect("/back", server.url("/page"))
    await fetcher.fetch(
        server.url("/away"), credentials=credentials(bearer([f"http://{server.host}"], VALUE))
    )
    assert [path for path, shown in asked_with(server) if shown] == ["/away", "/page"]
    assert asked_with(other) == [("/back", {})]


async def test_a_stranger_that_leads_to_their_server_does_not_see_them(
    server: MisbehavingServer, other: MisbehavingServer, fetcher: Fetcher
) -> None:
    other.redirect("/in", server.url("/page"))
    await fetcher.fetch(other.url("/in"), credentials=credentials(bearer([f"http://{server.host}"], VALUE)))
    assert asked_with(other) == [("/in", {})]
    assert asked_with(server) == [("/page", {"authorization": f"bearer {VALUE}"})]


async def test_the_same_server_by_another_name_is_another_host(
    server: MisbehavingServer, fetcher: Fetcher
) -> None:
    cookie = Cookie("sid", VALUE, "127.0.0.1", secure=False)
    server.redirect("/name", f"http://localhost:{server.port}/page")
    for each in (cookie, replace(cookie, domain="localhost")):
        shown = credentials(Credential("imported", cookies=(each,)))
        await fetcher.fetch(server.url("/name"), credentials=shown)
    assert [path for path, shown in asked_with(server) if shown] == ["/name", "/page"]


async def test_the_path_of_a_cookie_is_looked_at_for_each_target(
    server: MisbehavingServer, fetcher: Fetcher
) -> None:
    server.redirect("/docs", "/page")
    cookie = Cookie("sid", VALUE, "127.0.0.1", path="/docs", secure=False)
    await fetcher.fetch(
        server.url("/docs"), credentials=credentials(Credential("imported", cookies=(cookie,)))
    )
    assert asked_with(server) == [("/docs", {"cookie": f"sid={VALUE}"}), ("/page", {})]


async def test_a_secure_cookie_is_not_shown_over_http(server: MisbehavingServer, fetcher: Fetcher) -> None:
    cookie = Cookie("sid", VALUE, "127.0.0.1")
    await fetcher.fetch(
        server.url("/page"), credentials=credentials(Credential("imported", cookies=(cookie,)))
    )
    assert asked_with(server) == [("/page", {})]


async def test_the_next_fetch_over_the_same_connection_shows_nothing_of_the_last(
    server: MisbehavingServer, fetcher: Fetcher
) -> None:
    shown = credentials(own_cookies([f"http://{server.host}"], {"sid": VALUE}))
    await fetcher.fetch(server.url("/page"), credentials=shown)
    await fetcher.fetch(server.url("/page"))
    assert asked_with(server) == [("/page", {"cookie": f"sid={VALUE}"}), ("/page", {})]
    assert len({request.connection for request in server.requests}) == 1


async def test_a_cookie_that_a_server_sets_is_not_kept(server: MisbehavingServer, fetcher: Fetcher) -> None:
    server.serve("/set", b"page", set_cookie="sid=other; path=/")
    shown = credentials(own_cookies([f"http://{server.host}"], {"sid": VALUE}))
    await fetcher.fetch(server.url("/set"), credentials=shown)
    await fetcher.fetch(server.url("/page"), credentials=shown)
    assert asked_with(server)[1] == ("/page", {"cookie": f"sid={VALUE}"})


async def test_they_go_along_with_headers_of_the_request(server: MisbehavingServer, fetcher: Fetcher) -> None:
    shown = credentials(bearer([f"http://{server.host}"], VALUE))
    await fetcher.fetch(server.url("/page"), headers={"If-None-Match": '"x"'}, credentials=shown)
    assert server.requests[0].headers["if-none-match"] == '"x"'
    assert server.requests[0].headers["authorization"] == f"bearer {VALUE}"


@pytest.mark.parametrize("path", ["/not-http", "/cut-length", "/loop-a", "/huge-header", "/429", "/video"])
async def test_no_error_of_a_fetch_holds_a_value(
    server: MisbehavingServer, fetcher: Fetcher, path: str
) -> None:
    shown = credentials(bearer([f"http://{server.host}"], VALUE))
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(server.url(path), credentials=shown)
    assert VALUE not in caught.value.line()
    assert VALUE not in repr(caught.value)
