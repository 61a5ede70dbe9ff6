"""What every request must pass before anything else looks at it, and what every answer carries."""

import math
from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from typing import Final, Literal
from urllib.parse import urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quaero.web.access import Access
from quaero.web.bodies import MOST_BYTES, TOO_LARGE, Bounded
from quaero.web.limits import Allowance, Known
from quaero.web.problems import Problem, problem_response
from quaero.web.rendering import Rendering
from quaero.web.sender import address_of, malformed, see_through_proxy

CSP: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
OPEN_PATHS: Final = ("/api/health", "/api/ready", "/api/session", "/sign-in")
"""Answered without a token. They tell nothing, or take it."""
SIGN_IN: Final = "/api/session"
REQUESTS_AT_ONCE: Final = 5_000
REQUESTS_PER_SECOND: Final = 1_000.0
"""Of one address: what pages and programs need is far below."""
GUESSES_AT_ONCE: Final = 10
GUESSES_PER_SECOND: Final = 0.2
"""Wrong tokens that one address may show; an address that has shown the right one may go on."""

_SAFE = ("GET", "HEAD", "OPTIONS")
_EXTENSIONS = ("chrome-extension://", "moz-extension://", "safari-web-extension://")

Shown = Literal["token", "cookie"]


class Guard:
    """Refuses what comes by a wrong name, from a foreign page, without the token, too often, or with too much body.

    `trusted_proxies`: addresses whose `X-Forwarded-For` and `X-Forwarded-Proto` count.
    """

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        rendering: Rendering,
        trusted_proxies: Collection[str] = (),
    ) -> None:
        self._app, self._access, self._rendering = app, access, rendering
        self._base_path, self._trusted = rendering.base_path, frozenset(trusted_proxies)
        self._requests = Allowance(REQUESTS_AT_ONCE, REQUESTS_PER_SECOND)
        self._guesses = Allowance(GUESSES_AT_ONCE, GUESSES_PER_SECOND)
        self._known = Known()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        see_through_proxy(scope, headers, self._trusted)
        scope["quaero.rendering"] = self._rendering
        scope["root_path"] = self._base_path
        send = _with_headers(send)
        problem = self._problem(scope, headers)
        if problem is not None:
            visit = problem.status == 401 and _is_visit(scope, headers)
            response = self._to_sign_in(scope) if visit else problem_response(scope, problem)
            await response(scope, receive, send)
            return
        if self._path(scope) == SIGN_IN and scope["method"] == "POST":
            send = self._counting_guesses(scope, send)
        if scope["method"] == "HEAD" and not _is_endless(self._path(scope)):
            scope, send = dict(scope) | {"method": "GET"}, _without_body(send)
        await self._app(scope, Bounded(receive), send)

    def _problem(self, scope: Scope, headers: Headers) -> Problem | None:
        """Why the request is refused, if it is. Notes in the scope by what it may pass: `quaero.shown`."""
        address, path = address_of(scope), self._path(scope)
        problem = malformed(scope, headers) or self._by_whom(headers)
        if problem is None and (wait := self._requests.wait(address)):
            return _too_many("too many requests", wait)
        self._requests.take(address)
        if problem is not None:
            return problem
        if path in OPEN_PATHS or path.startswith("/static/"):
            guessing = path == SIGN_IN and scope["method"] == "POST"
            return (self._guessed_enough(address) if guessing else None) or _body_problem(scope, headers)
        shown, problem = self._shown(address, headers)
        if problem is not None:
            return problem
        scope["quaero.shown"] = shown
        if scope["method"] not in _SAFE and shown == "cookie" and not _from_own_page(headers):
            return Problem(403, "origin_refused", "a browser must say which page asked")
        return _body_problem(scope, headers)

    def _by_whom(self, headers: Headers) -> Problem | None:
        if not self._access.allows_host(headers["host"]):
            return Problem(
                403, "host_refused", "this server is not known by that name", remedy="Add it to web.hosts"
            )
        if _foreign(self._access, headers):
            return Problem(403, "origin_refused", "a page of another site asked")
        return None

    def _shown(self, address: str, headers: Headers) -> tuple[Shown | None, Problem | None]:
        """By what the request may pass, or why it may not."""
        kind, _, value = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            if problem := self._guessed_enough(address):
                return None, problem
            if self._access.is_token(value.strip()):
                self._known.add(address)
                return "token", None
            self._guesses.take(address)
            return None, Problem(401, "token_wrong", "this is not the token of the server")
        for line in headers.getlist("cookie"):
            try:
                morsel = SimpleCookie(line).get(self._access.cookie_name)
            except CookieError:
                continue
            if morsel is not None and self._access.is_cookie(morsel.value):
                return "cookie", None
        remedy = "Open the address that quaero serve printed; programs send Authorization: Bearer TOKEN"
        return None, Problem(401, "token_missing", "this needs the token of the server", remedy=remedy)

    def _guessed_enough(self, address: str) -> Problem | None:
        if address in self._known or not (wait := self._guesses.wait(address)):
            return None
        return _too_many("too many wrong tokens came from this address", wait)

    def _counting_guesses(self, scope: Scope, send: Send) -> Send:
        """For the answer to a token that somebody typed."""
        address = address_of(scope)

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == 401:
                    self._guesses.take(address)
                elif message["status"] < 400:
                    self._known.add(address)
            await send(message)

        return counting

    def _path(self, scope: Scope) -> str:
        path: str = scope["path"]
        return path.removeprefix(self._base_path)

    def _to_sign_in(self, scope: Scope) -> Response:
        """A token in the address of the page goes along, and from there into a cookie."""
        query = scope["query_string"].decode("latin-1")
        wanted = urlencode({"next": self._base_path + self._path(scope) + (f"?{query}" if query else "")})
        return RedirectResponse(f"{self._base_path}/sign-in?{wanted}", 303)


def _body_problem(scope: Scope, headers: Headers) -> Problem | None:
    if scope["method"] in _SAFE:
        return None
    length = headers.get("content-length")
    if length is not None and (not length.isdigit() or int(length) > MOST_BYTES):
        return TOO_LARGE
    has_body = length not in (None, "0") or "transfer-encoding" in headers
    if has_body and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return Problem(
            415, "not_json", "a body must be JSON", remedy="Send it with Content-Type: application/json"
        )
    return None


def _too_many(what: str, wait: float) -> Problem:
    seconds = math.ceil(wait)
    return Problem(
        429,
        "too_many_requests",
        what,
        remedy=f"Try again in {seconds} s",
        headers={"retry-after": str(seconds)},
    )


def _is_visit(scope: Scope, headers: Headers) -> bool:
    """Whether a person opens a page."""
    return scope["method"] == "GET" and "text/html" in headers.get("accept", "")


def _foreign(access: Access, headers: Headers) -> bool:
    """Whether a browser says that a page of another site asks, other than by a link that a person followed."""
    origin = headers.get("origin")
    if origin is not None:
        return not access.allows_origin(origin) and not _extension(access, origin, headers)
    site, mode = headers.get("sec-fetch-site"), headers.get("sec-fetch-mode")
    return site in ("cross-site", "same-site") and mode != "navigate"


def _extension(access: Access, origin: str, headers: Headers) -> bool:
    """Whether an extension of the browser asks that was given the token. No page can take such an origin."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    shown = kind.lower() == "bearer" and access.is_token(value.strip())
    return shown and origin.startswith(_EXTENSIONS)


def _from_own_page(headers: Headers) -> bool:
    return "origin" in headers or headers.get("sec-fetch-site") == "same-origin"


def _is_endless(path: str) -> bool:
    """Whether an answer may go on for ever: then nobody wants just its head."""
    return path.startswith("/api/events")


def _with_headers(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return with_headers


def _without_body(send: Send) -> Send:
    """For HEAD: the same answer, as long as it would be, with nothing in it."""

    async def without_body(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return without_body
