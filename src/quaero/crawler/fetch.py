"""Fetching one page from a server that nobody trusts.

The HTTP client is used without everything it would do by itself: it follows no redirect, keeps no cookie,
reads no proxy or password from the environment, decodes no body and sets no time limit. All of that is
decided here.
"""

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic
from types import TracebackType
from typing import Literal, Self

import aiohttp
from yarl import URL

from quaero.crawler import failures
from quaero.crawler.addresses import PrivateHosts
from quaero.crawler.body_decoder import (
    ACCEPT_ENCODING,
    BadEncodingError,
    BodyCutError,
    BodyDecoder,
    BodyTooLargeError,
    body_decoder,
)
from quaero.crawler.content_type import charset_of
from quaero.crawler.redirects import Hops
from quaero.crawler.resolver import GuardedResolver, check_literal
from quaero.crawler.response import PAGE_TYPES, FetchLimits, Response
from quaero.crawler.urls import normalise
from quaero.models.errors import FetchError

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_MODIFIED = 304
_CONDITIONS = frozenset({"if-none-match", "if-modified-since"})
_ACCEPT = "text/html, application/xhtml+xml, text/markdown;q=0.9, text/plain;q=0.8, */*;q=0.5"
_READ_BUFFER_BYTES = 256 * 1024
_KEEP_ALIVE_SECONDS = 15.0
_DNS_MEMORY_SECONDS = 60
_NO_LIMITS = FetchLimits()
_NO_HEADERS: Mapping[str, str] = {}

Credentials = Callable[[str], Mapping[str, str]]
"""The headers by which a request for a normal URL is let in."""


def _no_credentials(_: str) -> Mapping[str, str]:
    return _NO_HEADERS


class Fetcher:
    """One pool of connections under one set of rules. Make it inside the running event loop, and close it.

    `user_agent` is sent with every request. `allow_private` names the hosts and ports that may lie in a
    private network (see `addresses.PrivateHosts.parse`; its ValueError passes through). `limits` are the
    bounds of every fetch that brings none of its own.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        allow_private: frozenset[str] = frozenset(),
        limits: FetchLimits = _NO_LIMITS,
    ) -> None:
        self._limits = limits
        self._private_hosts = PrivateHosts.parse(allow_private)
        self._resolver = GuardedResolver(self._private_hosts)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=self._resolver,
                limit=0,  # how many at once is decided per host, by politeness
                keepalive_timeout=_KEEP_ALIVE_SECONDS,
                ttl_dns_cache=_DNS_MEMORY_SECONDS,
            ),
            headers={"User-Agent": user_agent, "Accept": _ACCEPT, "Accept-Encoding": ACCEPT_ENCODING},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
            trust_env=False,
            read_bufsize=_READ_BUFFER_BYTES,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection; fetches that still run end with an error."""
        await self._session.close()
        await self._resolver.close()

    async def fetch(
        self,
        url: str,
        *,
        may_follow: Callable[[str], bool] = lambda _: True,
        accept: frozenset[str] | None = PAGE_TYPES,
        headers: Mapping[str, str] = _NO_HEADERS,
        credentials: Credentials = _no_credentials,
        limits: FetchLimits | None = None,
    ) -> Response:
        """Fetch `url` by GET and follow its redirects, as far as `may_follow` permits each target.

        `accept` holds the media types worth reading (None: all); another one is refused before its body is
        read, a page without a type passes. `headers` go to the origin of `url` only, never on to another one.
        `credentials` gives further ones for a URL; it is asked for each target anew.

        Raises FetchError, with one of these codes: `url_refused`, `address_refused`, `unreachable`,
        `tls_failed`, `timeout`, `bad_response`, `http_<status>`, `content_type_refused`, `body_too_large`,
        `body_cut`, `bad_encoding`, `redirect_out_of_scope`, `redirect_loop`, `too_many_redirects`,
        `redirect_refused`.
        """
        bounds = limits or self._limits
        start = normalise(url)
        if start is None:
            raise FetchError("this is no http or https URL", code="url_refused", where=url)
        hops = Hops(url, start, may_follow, bounds.redirects)
        try:
            async with asyncio.timeout(bounds.deadline_seconds):
                return await self._follow(hops, accept, headers, credentials, bounds)
        except TimeoutError as error:
            raise failures.timed_out(hops.url, bounds.deadline_seconds) from error
        except aiohttp.ClientError as error:
            raise failures.transport_error(error, hops.url) from error
        except (BodyTooLargeError, BodyCutError, BadEncodingError) as error:
            raise failures.body_error(error, hops.url, bounds.body_bytes) from error

    async def ask(
        self,
        method: Literal["GET", "POST"],
        url: str,
        *,
        headers: Mapping[str, str] = _NO_HEADERS,
        body: bytes | None = None,
        limits: FetchLimits | None = None,
    ) -> Response:
        """Send one request to a service; its answer with whatever status it has. No redirect is followed.

        Raises FetchError as `fetch` does, but for what concerns the status, the type, and redirects.
        """
        bounds = limits or self._limits
        where = normalise(url)
        if where is None:
            raise FetchError("this is no http or https URL", code="url_refused", where=url)
        try:
            async with asyncio.timeout(bounds.deadline_seconds):
                return await self._ask(method, where, headers, body, bounds)
        except TimeoutError as error:
            raise failures.timed_out(where, bounds.deadline_seconds) from error
        except aiohttp.ClientError as error:
            raise failures.transport_error(error, where) from error
        except (BodyTooLargeError, BodyCutError, BadEncodingError) as error:
            raise failures.body_error(error, where, bounds.body_bytes) from error

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, limits: FetchLimits
    ) -> Response:
        started, target = monotonic(), URL(url, encoded=True)
        check_literal(target.raw_host or "", target.port or 0, self._private_hosts)
        answer = await self._session.request(
            method, target, headers=headers, data=body, allow_redirects=False
        )
        try:
            got = _plain_headers(answer)
            content_type = got.get("content-type", "")
            return Response(
                requested_url=url,
                url=url,
                status=answer.status,
                headers=got,
                media_type=content_type.partition(";")[0].strip().lower(),
                charset=charset_of(content_type) or None,
                body=await _read_body(answer, got.get("content-encoding", ""), limits),
                redirects=(),
                elapsed_seconds=monotonic() - started,
            )
        finally:
            answer.release()

    async def _follow(
        self,
        hops: Hops,
        accept: frozenset[str] | None,
        headers: Mapping[str, str],
        credentials: Credentials,
        limits: FetchLimits,
    ) -> Response:
        origin = URL(hops.url, encoded=True).origin()
        while True:
            target = URL(hops.url, encoded=True)
            check_literal(target.raw_host or "", target.port or 0, self._private_hosts)
            own = headers if target.origin() == origin else _NO_HEADERS
            shown = credentials(hops.url)
            answer = await self._session.get(
                target, headers={**own, **shown} if shown else own, allow_redirects=False
            )
            try:
                if answer.status not in _REDIRECTS or "Location" not in answer.headers:
                    return await _read_page(answer, hops, accept, limits, conditional=_is_conditional(own))
                hops.advance(answer.headers["Location"])
            finally:
                answer.release()  # keeps the connection only where the body has been read to its end


def _is_conditional(headers: Mapping[str, str]) -> bool:
    return any(name.lower() in _CONDITIONS for name in headers)


async def _read_page(
    answer: aiohttp.ClientResponse,
    hops: Hops,
    accept: frozenset[str] | None,
    limits: FetchLimits,
    *,
    conditional: bool,
) -> Response:
    headers = _plain_headers(answer)
    unchanged = conditional and answer.status == _NOT_MODIFIED
    if not 200 <= answer.status <= 299 and not unchanged:
        raise failures.status_error(hops.url, answer.status, answer.reason, headers)
    content_type = headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if accept is not None and media_type and media_type not in accept:
        what = f"the page is {media_type}, which is not wanted"
        raise FetchError(what, code="content_type_refused", where=hops.url)
    body = b"" if unchanged else await _read_body(answer, headers.get("content-encoding", ""), limits)
    return Response(
        requested_url=hops.requested_url,
        url=hops.url,
        status=answer.status,
        headers=headers,
        media_type=media_type,
        charset=charset_of(content_type) or None,
        body=body,
        redirects=tuple(hops.followed),
        elapsed_seconds=monotonic() - hops.started,
    )


def _plain_headers(answer: aiohttp.ClientResponse) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in answer.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers


async def _read_body(answer: aiohttp.ClientResponse, encoding: str, limits: FetchLimits) -> bytes:
    if not encoding and (answer.content_length or 0) > limits.body_bytes and not limits.cut_body:
        raise BodyTooLargeError  # said beforehand: not one byte of it needs to come
    decoder = body_decoder(encoding, limits.body_bytes)
    try:
        await _feed(decoder, answer)
    except BodyTooLargeError:
        if not limits.cut_body:
            raise
    parts = decoder.parts
    body = parts[0] if len(parts) == 1 else b"".join(parts)
    return body[: limits.body_bytes]


async def _feed(decoder: BodyDecoder, answer: aiohttp.ClientResponse) -> None:
    _watch_for_a_lost_connection(answer)
    while chunk := await answer.content.readany():
        decoder.feed(chunk)
    decoder.finish()


def _watch_for_a_lost_connection(answer: aiohttp.ClientResponse) -> None:
    """End a body that can no longer come.

    On a damaged chunk in the middle of a body the client (aiohttp 3.14) closes the connection without telling
    the reader, which would wait for the whole deadline.
    """
    content, connection = answer.content, answer.connection
    if content.is_eof() or connection is None or connection.protocol is None:
        return
    closed = connection.protocol.closed
    if closed is not None:
        closed.add_done_callback(lambda _: _end(content))


def _end(content: aiohttp.StreamReader) -> None:
    if not content.is_eof() and content.exception() is None:
        content.set_exception(aiohttp.ClientPayloadError("the connection was closed"))
