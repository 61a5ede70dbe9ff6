"""The one way to a model's server: to that server alone, with its key and nothing else that is secret."""

import ssl
from collections.abc import AsyncIterator

import httpx2

LONGEST_ANSWER = 2_000_000
"""Bytes of a response."""

_PASSED = ("accept", "content-type", "content-length", "host", "anthropic-version", "anthropic-beta")


class AnswerTooLong(httpx2.TransportError):
    """A server sent more than any answer needs."""


class Redirected(httpx2.TransportError):
    """A server sends elsewhere. Nobody goes there."""


class StrayRequest(httpx2.TransportError):
    """A request was to go to another server. It was not sent."""


class OneServer(httpx2.AsyncBaseTransport):
    """Sends to the server of `base_url`, below its path. It takes no proxy and no redirect.

    The key is known here only: what the libraries above put into headers, from the environment too, stays behind.
    """

    def __init__(
        self, base_url: str, headers: dict[str, str], inner: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self._base = httpx2.URL(base_url)
        self._path = self._base.path.rstrip("/") + "/"
        self._headers = headers
        self._inner = inner or httpx2.AsyncHTTPTransport(verify=ssl.create_default_context(), trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        if _origin(url) != _origin(self._base) or not url.path.startswith(self._path):
            raise StrayRequest("a request to another server was not sent")
        headers = [(name, value) for name, value in request.headers.items() if name.lower() in _PASSED]
        headers.extend(self._headers.items())
        headers.extend((("accept-encoding", "identity"), ("user-agent", "Quaero")))
        sent = httpx2.Request(
            request.method, url, headers=headers, stream=request.stream, extensions=request.extensions
        )
        response = await self._inner.handle_async_request(sent)
        if 300 <= response.status_code < 400:
            await response.aclose()
            raise Redirected(f"HTTP {response.status_code}")
        return _bounded(response)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _bounded(response: httpx2.Response) -> httpx2.Response:
    kept = [
        (name, value)
        for name, value in response.headers.multi_items()
        if name.lower() not in ("location", "set-cookie")
    ]
    encoding = response.headers.get("content-encoding", "identity").lower()
    if not isinstance(response.stream, httpx2.AsyncByteStream):
        raise TypeError("an answer that was not asked for asynchronously")
    stream = _Bounded(response.stream, 0 if encoding not in ("", "identity") else LONGEST_ANSWER)
    return httpx2.Response(response.status_code, headers=kept, stream=stream, extensions=response.extensions)


class _Bounded(httpx2.AsyncByteStream):
    """A body of at most so many bytes; one that is packed, unasked, could be of any length."""

    def __init__(self, inner: httpx2.AsyncByteStream, most: int) -> None:
        self._inner, self._most = inner, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = 0
        async for chunk in self._inner:
            count += len(chunk)
            if count > self._most:
                raise AnswerTooLong("the answer is longer than any that is asked for, or packed")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()
