"""What every request must pass before anything else looks at it, and what every answer carries."""

from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quaero.web.access import Access
from quaero.web.problems import BodyTooLargeError, Problem, problem_response

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
MOST_BODY_BYTES: Final = 1_000_000
OPEN_PATHS: Final = ("/api/health", "/api/ready", "/api/session", "/sign-in")
"""Answered without a token. They tell nothing, or take it."""
_SAFE = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Refuses what comes by a wrong name, from a foreign page, without the token, or with too much body."""

    def __init__(self, app: ASGIApp, access: Access, base_path: str = "") -> None:
        self._app, self._access, self._base_path = app, access, base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = _with_headers(send)
        headers = Headers(scope=scope)
        problem = self._problem(scope, headers)
        if problem is not None:
            response = _to_sign_in(scope) if problem.status == 401 and _is_visit(scope, headers) else None
            await (response or problem_response(scope, problem))(scope, receive, send)
            return
        await self._app(scope, _limited(receive), send)

    def _problem(self, scope: Scope, headers: Headers) -> Problem | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._access.allows_host(hosts[0]):
            return Problem(
                403, "host_refused", "this server is not known by that name", remedy="Add it to web.hosts"
            )
        if _foreign(self._access, headers):
            return Problem(403, "origin_refused", "a page of another site asked")
        path = scope["path"].removeprefix(self._base_path)
        if path in OPEN_PATHS or path.startswith("/static/"):
            return self._body_problem(scope, headers)
        shown = self._shown(headers)
        if shown is None:
            return Problem(
                401,
                "token_missing",
                "this needs the token of the server",
                remedy="Open the address that quaero serve printed",
            )
        if scope["method"] not in _SAFE and shown == "cookie" and not _from_own_page(headers):
            return Problem(403, "origin_refused", "a browser must say which page asked")
        return self._body_problem(scope, headers)

    def _shown(self, headers: Headers) -> str | None:
        """By what the request may pass: "token" or "cookie"; None: by nothing."""
        kind, _, value = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return "token" if self._access.is_token(value.strip()) else None
        for line in headers.getlist("cookie"):
            try:
                morsel = SimpleCookie(line).get(self._access.cookie_name)
            except CookieError:
                continue
            if morsel is not None and self._access.is_cookie(morsel.value):
                return "cookie"
        return None

    def _body_problem(self, scope: Scope, headers: Headers) -> Problem | None:
        if scope["method"] in _SAFE:
            return None
        length = headers.get("content-length")
        if length is not None and (not length.isdigit() or int(length) > MOST_BODY_BYTES):
            return Problem(413, "body_too_large", f"a body may have {MOST_BODY_BYTES:,} bytes")
        has_body = length not in (None, "0") or "transfer-encoding" in headers
        if (
            has_body
            and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json"
        ):
            return Problem(
                415, "not_json", "a body must be JSON", remedy="Send it with Content-Type: application/json"
            )
        return None


def _is_visit(scope: Scope, headers: Headers) -> bool:
    """Whether a person opens a page."""
    return scope["method"] == "GET" and "text/html" in headers.get("accept", "")


def _to_sign_in(scope: Scope) -> Response:
    """A token in the address of the page goes along, and from there into a cookie."""
    query = scope["query_string"].decode("latin-1")
    wanted = urlencode({"next": scope["path"] + (f"?{query}" if query else "")})
    return RedirectResponse(f"{scope.get('root_path', '')}/sign-in?{wanted}", 303)


def _foreign(access: Access, headers: Headers) -> bool:
    """Whether a browser says that a page of another site asks, other than by a link that a person followed."""
    origin = headers.get("origin")
    if origin is not None:
        return not access.allows_origin(origin)
    site, mode = headers.get("sec-fetch-site"), headers.get("sec-fetch-mode")
    return site in ("cross-site", "same-site") and mode != "navigate"


def _from_own_page(headers: Headers) -> bool:
    return "origin" in headers or headers.get("sec-fetch-site") == "same-origin"


def _with_headers(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return with_headers


def _limited(receive: Receive) -> Receive:
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MOST_BODY_BYTES:
            raise BodyTooLargeError(f"a body may have {MOST_BODY_BYTES:,} bytes")
        return message

    return limited
